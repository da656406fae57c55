import { expect, vi } from "vitest";
import { log } from "#server/log.ts";
import { createLiveHub } from "../hub.ts";
import { MemorySession, type MemorySubscriber } from "./memory-session.ts";

/** A hub that reads one session in memory and flushes at once. */
export function setUpHub() {
  const session = new MemorySession();
  const hub = createLiveHub({
    bus: session.bus,
    readState: session.readState,
    readItemsAfter: session.readItemsAfter,
    log,
    flushInterval: { minMs: 1, maxMs: 2 },
  });
  return { session, hub };
}

export const untilCaughtUp = (viewer: MemorySubscriber) =>
  vi.waitFor(() => expect(viewer.types()).toContain("caught-up"), { interval: 1 });
