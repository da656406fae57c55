"use client";

import { useAtomValue } from "jotai";
import { createContext, useContext, useMemo } from "react";
import { foundAtom } from "#components/session/session-atoms.ts";

/** The part around what is drawn. */
const PartIdContext = createContext<string | null>(null);

export const PartIdProvider = PartIdContext.Provider;

/** What the reader was brought to in this part by a search, in lower case; null when nothing was, or it is elsewhere. */
export function useFoundText(): string | null {
  const partId = useContext(PartIdContext);
  const found = useAtomValue(foundAtom);
  return found !== null && found.partId === partId ? found.text.toLowerCase() : null;
}

/** Where in the text it last stands, in UTF-16 units; null when it does not. */
export function useFoundOffset(text: string): number | null {
  const wanted = useFoundText();
  return useMemo(() => {
    const offset = wanted === null ? -1 : text.toLowerCase().lastIndexOf(wanted);
    return offset === -1 ? null : offset;
  }, [text, wanted]);
}

/** How often a text holds what is wanted, which is in lower case. */
export function countFound(text: string, wanted: string): number {
  return wanted === "" ? 0 : text.toLowerCase().split(wanted).length - 1;
}
