import type { BranchPush } from "#lib/changes/branch-push.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";

interface SessionKey {
  sessionId: string;
  generation: number;
}

/** The last push of a session; null before the first one. */
export async function findLastPush(
  sql: Sql | TransactionSql,
  { sessionId, generation }: SessionKey,
): Promise<BranchPush | null> {
  const [row] = await sql<BranchPush[]>`
    select id as "pushId", branch, message, status,
      case status when 'done' then commit_id end as "commitId", link, failure,
      to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
      to_char(ended_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "endedAt"
    from branch_pushes
    where session_id = ${sessionId} and generation = ${generation}
    order by id desc limit 1`;
  return row ?? null;
}
