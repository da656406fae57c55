import { TRASH_DAYS } from "#lib/limits.ts";
import type { Services } from "#server/services.ts";
import { deleteSession } from "./remove-session.ts";

type Needs = Pick<Services, "database" | "bus" | "queue" | "log">;

const INTERVAL_MS = 60 * 60_000;
const SESSIONS_PER_ROUND = 1_000;

/**
 * Deletes what has been in the trash for 30 days and has not changed since: nobody loses what still arrives. One that is
 * taken back this very moment stays. Safe to run again, and by many at once. Answers how many went.
 */
export async function emptyTrash(services: Needs): Promise<number> {
  const rows = await services.database.sql<
    { sessionId: string; generation: number; teamId: string }[]
  >`
    select id as "sessionId", generation, team_id as "teamId" from sessions
    where trashed_at < now() - ${TRASH_DAYS} * interval '1 day'
      and updated_at < now() - ${TRASH_DAYS} * interval '1 day' and deleted_at is null
    order by trashed_at limit ${SESSIONS_PER_ROUND}`;
  let count = 0;
  for (const access of rows)
    if (await deleteSession(services, access, { trashedDays: TRASH_DAYS })) count += 1;
  return count;
}

/** Empties the trash now and every hour. Returns how to stop; what runs then runs to its end. */
export function startTrashEmptier(services: Needs): () => Promise<void> {
  const { log } = services;
  let emptying: Promise<void> | null = null;
  const empty = () => {
    emptying ??= emptyTrash(services)
      .then((count) => log.debug({ count }, "trash emptied"))
      .catch((error: unknown) => log.warn({ err: error }, "trash not emptied, to be tried again"))
      .finally(() => (emptying = null));
  };
  empty();
  const timer = setInterval(empty, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await emptying;
  };
}
