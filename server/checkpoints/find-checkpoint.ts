import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import type { PartKind } from "./checkpoint-parts.ts";

interface SessionKey {
  sessionId: string;
  generation: number;
}

/** A session as it was when its last execution had ended. */
export interface Checkpoint {
  sequence: number;
  baseCommit: string | null;
  git: SavedGit;
  bytes: number;
  parts: { kind: PartKind; blobId: string; bytes: number }[];
}

/**
 * True in SQL when the session has a checkpoint that holds all of its work: none of its agents has begun to run since.
 * `session` has the columns `id` and `generation`.
 */
export const isKept = (sql: Sql | TransactionSql, session: string) => sql`exists (
  select from checkpoints
  where session_id = ${sql(session)}.id and checkpoints.generation = ${sql(session)}.generation
    and checkpoints.state = 'complete'
    and not exists (
      select from executions
      where executions.session_id = checkpoints.session_id
        and executions.generation = checkpoints.generation
        and executions.started_at >= checkpoints.created_at
    )
)`;

/** Null when there is none, or an agent has worked since. */
export async function findCheckpoint(
  sql: Sql,
  { sessionId, generation }: SessionKey,
): Promise<Checkpoint | null> {
  const [row] = await sql<Checkpoint[]>`
    select sequence, base_commit as "baseCommit", git, bytes::float8 as bytes,
      (
        select json_agg(json_build_object('kind', kind, 'blobId', blob_id, 'bytes', bytes) order by kind)
        from checkpoint_parts parts
        where parts.session_id = checkpoints.session_id
          and parts.generation = checkpoints.generation
          and parts.sequence = checkpoints.sequence
      ) as parts
    from checkpoints join sessions
      on sessions.id = session_id and sessions.generation = checkpoints.generation
    where session_id = ${sessionId} and checkpoints.generation = ${generation}
      and state = 'complete' and ${isKept(sql, "sessions")}
    order by sequence desc limit 1`;
  return row ?? null;
}
