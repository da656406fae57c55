import { followSessions, type SessionFollower } from "#server/live/follow-sessions.ts";
import type { Services } from "#server/services.ts";
import { indexSession } from "./index-session.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log">;

const LOOK_INTERVAL_MS = 15_000;
const SESSIONS_PER_LOOK = 200;

/** Keeps the index of all sessions behind what is written to them. */
export function startSearchWorker(services: Needs): SessionFollower {
  return followSessions(services, {
    findBehind: () => findBehind(services),
    catchUp: (sessionId, signal) => indexSession(services, sessionId, signal),
    lookIntervalMs: LOOK_INTERVAL_MS,
    trouble: "search is not up to date, to be tried again",
  });
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
