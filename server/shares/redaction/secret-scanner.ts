import { setTimeout as delay } from "node:timers/promises";
import type { Services } from "#server/services.ts";
import { scanSession } from "./scan-session.ts";
import { SECRET_RULES_VERSION } from "./secret-rules.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log">;

/** What changed is left alone for so long: an agent at work changes the same texts again and again. */
const SETTLE_MS = 1_000;
/** Sessions that are behind without anybody having told so are looked for this often. */
const LOOK_INTERVAL_MS = 30_000;
const SESSIONS_PER_LOOK = 200;

export interface SecretScanner {
  stop(): Promise<void>;
}

/**
 * Looks for secrets in everything that is written, behind the writers and one session at a time. News only says where to
 * look: the cursors in the database are the truth, so nothing is lost with a process.
 */
export function startSecretScanner(services: Needs): SecretScanner {
  const { bus, log } = services;
  const changed = new Set<string>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let isMissed = true;
  let lookedAtMs = 0;
  const unsubscribe = bus.subscribe((message) => {
    if (message.kind === "items") changed.add(message.sessionId);
  });
  const unsubscribeReconnect = bus.onReconnect(() => (isMissed = true));

  const step = async () => {
    if (isMissed || performance.now() - lookedAtMs > LOOK_INTERVAL_MS) {
      isMissed = false;
      lookedAtMs = performance.now();
      for (const sessionId of await findBehind(services)) changed.add(sessionId);
    }
    for (const sessionId of Array.from(changed)) {
      if (signal.aborted) return;
      changed.delete(sessionId);
      await scanSession(services, sessionId, signal);
    }
  };

  const run = async () => {
    while (!signal.aborted) {
      await step().catch((error: unknown) => {
        isMissed = true;
        log.warn({ err: error }, "items were not looked through for secrets, to be tried again");
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

async function findBehind({ database: { sql } }: Needs): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select s.id from sessions s
    left join secret_scans c on c.session_id = s.id and c.generation = s.generation
      and c.rules_version = ${SECRET_RULES_VERSION}
    where s.deleted_at is null and s.last_seq > coalesce(c.seq, 0)
    order by s.updated_at desc limit ${SESSIONS_PER_LOOK}`;
  return rows.map(({ id }) => id);
}
