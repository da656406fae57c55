import { followSessions, type SessionFollower } from "#server/live/follow-sessions.ts";
import type { Services } from "#server/services.ts";
import { scanSession } from "./scan-session.ts";
import { SECRET_RULES_VERSION } from "./secret-rules.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log">;

const LOOK_INTERVAL_MS = 30_000;
const SESSIONS_PER_LOOK = 200;

/** Looks for secrets in everything that is written, behind the writers. */
export function startSecretScanner(services: Needs): SessionFollower {
  return followSessions(services, {
    findBehind: () => findBehind(services),
    catchUp: (sessionId, signal) => scanSession(services, sessionId, signal),
    lookIntervalMs: LOOK_INTERVAL_MS,
    trouble: "items were not looked through for secrets, to be tried again",
  });
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
