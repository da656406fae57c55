import type { BranchPush, PushFailure } from "#lib/changes/branch-push.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import { PUSH_MAX_MS } from "./push-branch-job.ts";

interface SessionKey {
  sessionId: string;
  generation: number;
}

/** Of all its attempts together. */
const OVERDUE_SECONDS = (3 * PUSH_MAX_MS) / 1_000;

/** True in SQL for a push that should have ended long ago: nobody may be left to say so. */
export const isOverdue = (sql: Sql | TransactionSql) => sql`(
  branch_pushes.status in ('waiting', 'running')
  and branch_pushes.created_at < now() - make_interval(secs => ${OVERDUE_SECONDS})
)`;

/** How such a push ends. */
export const overdue: PushFailure = {
  reason: "other",
  message: "It did not end in time",
  freeBranch: null,
};

/** The last push of a session; null before the first one. */
export async function findLastPush(
  sql: Sql | TransactionSql,
  { sessionId, generation }: SessionKey,
): Promise<BranchPush | null> {
  const [row] = await sql<BranchPush[]>`
    ${selectPush(sql)}
    where session_id = ${sessionId} and generation = ${generation}
    order by created_at desc, id desc limit 1`;
  return row ?? null;
}

/** One push of a session; null where it has none of that id. */
export async function findPush(
  sql: Sql | TransactionSql,
  { sessionId, generation, pushId }: SessionKey & { pushId: string },
): Promise<BranchPush | null> {
  const [row] = await sql<BranchPush[]>`
    ${selectPush(sql)}
    where session_id = ${sessionId} and generation = ${generation} and id = ${pushId}`;
  return row ?? null;
}

const selectPush = (sql: Sql | TransactionSql) => sql`
  select id as "pushId", branch, message,
    case when ${isOverdue(sql)} then 'failed' else status end as status,
    case status when 'done' then commit_id end as "commitId", link,
    case when ${isOverdue(sql)} then ${JSON.stringify(overdue)}::text::jsonb else failure end
      as failure,
    to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
    to_char(
      case when ${isOverdue(sql)} then now() else ended_at end at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    ) as "endedAt"
  from branch_pushes`;
