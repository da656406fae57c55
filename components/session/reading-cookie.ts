import { partFilters, readingModes, type PartFilter, type ReadingMode } from "./session-atoms.ts";

/** Kept in a cookie, so that the server reads what is shown and nothing moves. */
export const READING_COOKIE = "millrace-reading";

/** How much of a session its reader wants to see. */
export interface Reading {
  mode: ReadingMode;
  hiddenParts: readonly PartFilter[];
}

/** `compact`, `everything.tools.steps`: the mode, then what is hidden. Words that are not known count as not there. */
export function parseReading(value: string | undefined): Reading {
  const words = new Set(value?.split("."));
  return {
    mode: readingModes.find((mode) => words.has(mode)) ?? "compact",
    hiddenParts: partFilters.filter((filter) => words.has(filter)),
  };
}

export const formatReading = ({ mode, hiddenParts }: Reading) => [mode, ...hiddenParts].join(".");
