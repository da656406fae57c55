"use client";

import { createContext, useContext, useSyncExternalStore, type ReactNode } from "react";

const RenderedAtContext = createContext(0);

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let tickedMs = 0;
let timer: ReturnType<typeof setInterval> | null = null;

/** One timer for the page, and none while nobody looks at it. */
function subscribe(listener: () => void) {
  listeners.add(listener);
  if (timer === null) {
    tickedMs = Date.now();
    timer = setInterval(() => {
      tickedMs = Date.now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** Gives everything below the server's clock for the first render, so that server and browser write the same text. */
export function Clock({ renderedAtMs, children }: { renderedAtMs: number; children: ReactNode }) {
  return <RenderedAtContext value={renderedAtMs}>{children}</RenderedAtContext>;
}

/** Milliseconds since 1970, new every second; until the first tick what the server's clock said. */
export function useNow(): number {
  const renderedAtMs = useContext(RenderedAtContext);
  const nowMs = useSyncExternalStore(
    subscribe,
    () => tickedMs,
    () => 0,
  );
  return Math.max(renderedAtMs, nowMs);
}
