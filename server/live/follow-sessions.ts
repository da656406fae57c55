import { setTimeout as delay } from "node:timers/promises";
import type { Services } from "#server/services.ts";

/** What changed is left alone for so long: an agent at work changes the same texts again and again. */
const SETTLE_MS = 1_000;

export interface SessionFollower {
  /** Ends when `catchUp` does. */
  stop(): Promise<void>;
}

interface FollowOptions {
  /** Sessions that something was written to since it was last looked at, and that nobody may have told of. */
  findBehind: () => Promise<string[]>;
  /** Takes in everything that a session has. Safe to run again; returns early once the signal is aborted. */
  catchUp: (sessionId: string, signal: AbortSignal) => Promise<unknown>;
  /** Between two times that `findBehind` is asked without a reason. */
  lookIntervalMs: number;
  /** For the log, of a round that failed and is tried again. */
  trouble: string;
}

/**
 * Does something about every session behind what is written to it, one session at a time. News only says where to look:
 * the truth is whatever `findBehind` reads, so nothing is lost with a process. What fails is found again at the next look.
 */
export function followSessions(
  { bus, log }: Pick<Services, "bus" | "log">,
  { findBehind, catchUp, lookIntervalMs, trouble }: FollowOptions,
): SessionFollower {
  const changed = new Set<string>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let isMissed = true;
  let lookedAtMs = 0;
  const stopListening = [
    bus.subscribe((message) => {
      if (message.kind === "items") changed.add(message.sessionId);
    }),
    bus.onReconnect(() => (isMissed = true)),
  ];

  const step = async () => {
    if (isMissed || performance.now() - lookedAtMs > lookIntervalMs) {
      isMissed = false;
      lookedAtMs = performance.now();
      const behind = await findBehind().catch((error: unknown) => {
        isMissed = true;
        throw error;
      });
      for (const sessionId of behind) changed.add(sessionId);
    }
    // As they were when the round began: what changes meanwhile settles first.
    for (const sessionId of Array.from(changed)) {
      if (signal.aborted) return;
      changed.delete(sessionId);
      await catchUp(sessionId, signal);
    }
  };

  const run = async () => {
    while (!signal.aborted) {
      await step().catch((error: unknown) => log.warn({ err: error }, trouble));
      await delay(SETTLE_MS, undefined, { signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      for (const stop of stopListening) stop();
      stopping.abort();
      await running;
    },
  };
}
