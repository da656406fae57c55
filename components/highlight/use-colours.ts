"use client";

import { useEffect, useState } from "react";
import { askColours, isTooLongToColour } from "./ask-colours.ts";
import type { ColouredLine } from "./code-colours.ts";

/** Text that is still being written is left alone until it rests for so long. */
const REST_MS = 250;

export interface Colours {
  /** Source of the lines; a text that has changed since keeps the colours of the lines that have not. */
  source: readonly string[];
  lines: readonly ColouredLine[];
}

export interface UsedColours {
  colours: Colours | null;
  /** Why there are none although there is a grammar. */
  trouble: "too-long" | "too-slow" | null;
}

/**
 * Colours of code once a worker has found them; the text stands there plain until then. `isWanted` is false while
 * nobody sees it.
 */
export function useColours(text: string, language: string | null, isWanted = true): UsedColours {
  const [colours, setColours] = useState<Colours | null>(null);
  const [slowText, setSlowText] = useState<string | null>(null);
  const isTooLong = language !== null && isTooLongToColour(text);
  useEffect(() => {
    if (language === null || isTooLong || !isWanted) return;
    let isGone = false;
    const ask = async () => {
      const lines = await askColours({ text, language });
      if (isGone) return;
      if (lines === null) setSlowText(text);
      else setColours({ source: text.split("\n"), lines });
    };
    const timer = setTimeout(() => void ask(), REST_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [text, language, isTooLong, isWanted]);
  if (language === null) return { colours: null, trouble: null };
  const trouble = isTooLong ? "too-long" : slowText === text ? "too-slow" : null;
  return { colours: trouble === null ? colours : null, trouble };
}
