import { setTimeout as delay } from "node:timers/promises";
import type { Services } from "#server/services.ts";
import { indexSession } from "./index-session.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log">;

/** What changed is left alone for so long: an agent at work changes the same texts again and again. */
const SETTLE_MS = 1_000;
/** Sessions that are behind without anybody having told so are looked for this often. */
const LOOK_INTERVAL_MS = 15_000;
const SESSIONS_PER_LOOK = 200;

export interface SearchWorker {
  /** Ends at the next batch. */
  stop(): Promise<void>;
}

/**
 * Keeps the index of all sessions behind what is written to them, one session at a time. News only says where to look:
 * the cursors in the database are the truth, so nothing is lost with a process.
 */
export function startSearchWorker(services: Needs): SearchWorker {
  const { bus, log } = services;
  const changed = new Set<string>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let isMissed = true;
  let lookedAt = 0;
  const unsubscribe = bus.subscribe((message) => {
    if (message.kind === "items") changed.add(message.sessionId);
  });
  const unsubscribeReconnect = bus.onReconnect(() => (isMissed = true));

  const step = async () => {
    if (isMissed || performance.now() - lookedAt > LOOK_INTERVAL_MS) {
      isMissed = false;
      lookedAt = performance.now();
      for (const sessionId of await findBehind(services)) changed.add(sessionId);
    }
    // As they were when the round began: what changes meanwhile settles first.
    const settled = Array.from(changed);
    for (const sessionId of settled) {
      if (signal.aborted) return;
      changed.delete(sessionId);
      await indexSession(services, sessionId, signal);
    }
  };

  const run = async () => {
    while (!signal.aborted) {
      await step().catch((error: unknown) => {
        log.warn({ err: error }, "search is not up to date, to be tried again");
      });
      await delay(SETTLE_MS, undefined, { signal }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      unsubscribe();
      unsubscribeReconnect();
      stopping.abort();
      await running;
    },
  };
}

/** Sessions with items that are not in the index, those that changed last first. */
async function findBehind({ database: { sql } }: Needs): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select s.id from sessions s
    left join search_cursors c on c.session_id = s.id and c.generation = s.generation
    where s.deleted_at is null and s.last_seq > coalesce(c.seq, 0)
      and (c.claimed_until is null or c.claimed_until < clock_timestamp())
    order by s.updated_at desc limit ${SESSIONS_PER_LOOK}`;
  return rows.map(({ id }) => id);
}
