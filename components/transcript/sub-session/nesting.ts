"use client";

import { createContext, useContext } from "react";

/** Deeper sessions are a link only. */
export const NESTING_MAX = 3;

const NestingContext = createContext(0);

export const NestingProvider = NestingContext.Provider;

/**
 * How many sessions lie around what is drawn besides that of the page. What is nested is no place of the page's session:
 * it has no address, and the keys that go from step to step pass it by.
 */
export const useNesting = () => useContext(NestingContext);
