import { AppError, isAppError } from "#lib/errors.ts";
import type { Filing, FilingAnswer } from "#lib/shelf.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Fragment, Sql, TransactionSql } from "#server/database/database.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { deleteSession } from "./remove-session.ts";

type Needs = Pick<Services, "database" | "bus" | "queue">;
type Marking = Exclude<Filing, "delete">;

interface FileRequest {
  filing: Filing;
  /** At most `SESSIONS_AT_ONCE_MAX`. */
  sessionIds: readonly string[];
}

const UNKNOWN = "There is no such session";
const AT_WORK = "The agent is at work: stop it first";

/**
 * Does the same with many sessions and answers for each, in the order of asking, a repeated id once. What cannot be done
 * with one stops nothing for the others. Safe to run again: what is so already is `unchanged`, a deleted session an
 * unknown one. The order of lists stays as it is. Throws `forbidden` for whoever may not write.
 */
export async function fileSessions(
  services: Needs,
  viewer: Viewer,
  { filing, sessionIds }: FileRequest,
): Promise<FilingAnswer[]> {
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "write" });
  const wanted = [...new Set(sessionIds)];
  if (filing === "delete") return deleteAll(services, viewer, wanted);
  const answers = await markAll(services, viewer, { filing, wanted });
  return wanted.map((sessionId) => answers.get(sessionId) ?? refused(sessionId, UNKNOWN));
}

const refused = (sessionId: string, reason: string): FilingAnswer => ({
  sessionId,
  outcome: "refused",
  reason,
});

interface FiledRow {
  sessionId: string;
  isBusy: boolean;
  isSo: boolean;
}

/** One transaction; rows are locked in one order, so that two such requests wait for each other and do not collide. */
async function markAll(
  services: Needs,
  viewer: Viewer,
  { filing, wanted }: { filing: Marking; wanted: readonly string[] },
): Promise<Map<string, FilingAnswer>> {
  return transact(services, async (tx) => {
    const rows = await tx<FiledRow[]>`
      select id as "sessionId", ${whereSo(tx, filing)} as "isSo",
        status in ('preparing', 'working', 'needs_you') or (status = 'idle' and exists (
          select from prompts
          where session_id = sessions.id and prompts.generation = sessions.generation and outcome is null
        )) as "isBusy"
      from sessions
      where id = any(${wanted}::text[]) and team_id = ${viewer.teamId} and deleted_at is null
      order by id for no key update`;
    const putsAway = filing === "archive" || filing === "trash";
    const answers = rows.map((row): FilingAnswer => {
      if (row.isSo) return { sessionId: row.sessionId, outcome: "unchanged", reason: null };
      if (putsAway && row.isBusy) return refused(row.sessionId, AT_WORK);
      return { sessionId: row.sessionId, outcome: "done", reason: null };
    });
    const done = answers.filter(({ outcome }) => outcome === "done").map((one) => one.sessionId);
    await tx`
      update sessions set ${change(tx, filing)}, revision = revision + 1
      where id = any(${done}::text[])`;
    for (const sessionId of done) announce(tx, { kind: "state", sessionId, teamId: viewer.teamId });
    return new Map(answers.map((answer) => [answer.sessionId, answer]));
  });
}

/** Whether there is nothing to do. */
function whereSo(sql: Sql | TransactionSql, filing: Marking): Fragment {
  switch (filing) {
    case "pin":
      return sql`pinned_at is not null`;
    case "unpin":
      return sql`pinned_at is null`;
    case "archive":
      return sql`archived_at is not null`;
    case "unarchive":
      return sql`archived_at is null`;
    case "trash":
      return sql`trashed_at is not null`;
    case "restore":
      return sql`trashed_at is null`;
  }
}

function change(sql: Sql | TransactionSql, filing: Marking): Fragment {
  switch (filing) {
    case "pin":
      return sql`pinned_at = now()`;
    case "unpin":
      return sql`pinned_at = null`;
    case "archive":
      return sql`archived_at = now()`;
    case "unarchive":
      return sql`archived_at = null`;
    case "trash":
      return sql`trashed_at = now()`;
    case "restore":
      return sql`trashed_at = null`;
  }
}

/** One transaction each: what hangs on a session may be a million rows. */
async function deleteAll(
  services: Needs,
  viewer: Viewer,
  wanted: readonly string[],
): Promise<FilingAnswer[]> {
  const rows = await services.database.sql<{ sessionId: string; generation: number }[]>`
    select id as "sessionId", generation from sessions
    where id = any(${wanted as string[]}::text[]) and team_id = ${viewer.teamId} and deleted_at is null`;
  const generations = new Map(rows.map((row) => [row.sessionId, row.generation]));
  const answers: FilingAnswer[] = [];
  for (const sessionId of wanted) {
    const generation = generations.get(sessionId);
    if (generation === undefined) answers.push(refused(sessionId, UNKNOWN));
    else answers.push(await deleteOne(services, { sessionId, generation, teamId: viewer.teamId }));
  }
  return answers;
}

async function deleteOne(
  services: Needs,
  access: { sessionId: string; generation: number; teamId: string },
): Promise<FilingAnswer> {
  try {
    const isDone = await deleteSession(services, access);
    return isDone
      ? { sessionId: access.sessionId, outcome: "done", reason: null }
      : refused(access.sessionId, UNKNOWN);
  } catch (error) {
    // The others are answered for; this one can be asked for again.
    if (isAppError(error)) return refused(access.sessionId, error.message);
    throw new AppError("unavailable", "Not all of them could be deleted; ask again", {
      cause: error,
    });
  }
}
