"use client";

import { createContext, useContext } from "react";
import type { TranscriptWindow } from "./transcript-window.ts";

const TranscriptWindowContext = createContext<TranscriptWindow | null>(null);

export const TranscriptWindowProvider = TranscriptWindowContext.Provider;

/** The window of the session on screen. */
export function useTranscriptWindow(): TranscriptWindow {
  const window = useContext(TranscriptWindowContext);
  if (window === null) throw new Error("There is no session around this component");
  return window;
}
