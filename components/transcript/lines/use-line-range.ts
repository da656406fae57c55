"use client";

import { useMemo, useSyncExternalStore } from "react";
import { formatLineRange, parseLineRange, type LineRange } from "./line-range.ts";

const listeners = new Set<() => void>();

/** Puts a range into the address without a new entry of the history, and marks it. */
export function selectLines(range: LineRange): void {
  history.replaceState(history.state, "", formatLineRange(range));
  for (const listener of listeners) listener();
}

/** The lines of this part that the address names; null when it names none. */
export function useLineRange(partId: string | null): LineRange | null {
  const hash = useSyncExternalStore(subscribe, readHash, () => "");
  return useMemo(() => {
    const range = partId === null ? null : parseLineRange(hash);
    return range?.partId === partId ? range : null;
  }, [hash, partId]);
}

const readHash = () => window.location.hash;

function subscribe(listener: () => void) {
  listeners.add(listener);
  window.addEventListener("hashchange", listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("hashchange", listener);
    window.removeEventListener("popstate", listener);
  };
}
