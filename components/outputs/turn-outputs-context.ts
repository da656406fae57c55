"use client";

import { createContext, use } from "react";
import type { TurnOutputs } from "#lib/turn-outputs.ts";

/** By where turns begin in the session's log; empty where outputs are not shown. */
export type OutputsByTurn = ReadonlyMap<number, TurnOutputs>;

const TurnOutputsContext = createContext<OutputsByTurn>(new Map());

export const TurnOutputsContextProvider = TurnOutputsContext.Provider;

export const useOutputsByTurn = () => use(TurnOutputsContext);
