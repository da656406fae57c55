import type { TransactionSql } from "#server/database/database.ts";
import type { DurableNews } from "#server/live/bus-message.ts";

/**
 * Ends what a dead process was running and writing: an execution is incomplete; an output whose bytes were all stored is
 * complete, every other one is incomplete and stays readable as far as it came. Part of the process's burial; answers
 * what is to be told once that is committed.
 */
export async function releaseOutputs(
  tx: TransactionSql,
  { processId }: { processId: string },
): Promise<DurableNews[]> {
  const written = await tx<{ sessionId: string }[]>`
    select session_id as "sessionId" from outputs
    where process_id = ${processId} and state = 'writing'
    union all
    select session_id from execution_results
    where process_id = ${processId} and state = 'running'`;
  if (written.length === 0) return [];
  const sessionIds = [...new Set(written.map(({ sessionId }) => sessionId))].toSorted();
  // The sessions first, as every writer of outputs does.
  const changed = await tx<{ sessionId: string; teamId: string }[]>`
    with locked as (
      select id from sessions where id = any(${sessionIds}::text[]) order by id for no key update
    )
    update sessions set counter = counter + 1, output_seq = counter + 1, revision = revision + 1
    from locked where sessions.id = locked.id
    returning sessions.id as "sessionId", team_id as "teamId"`;
  await tx`
    with cut as (
      update blobs set state = case when blobs.state = 'writing' then 'incomplete' else blobs.state end
      from outputs o
      where o.process_id = ${processId} and o.state = 'writing' and blobs.id = o.blob_id
      returning blobs.id, blobs.bytes, blobs.state, blobs.sha256
    )
    update outputs o set
      state = case cut.state when 'complete' then 'complete' else 'incomplete' end,
      error = case cut.state when 'complete' then null else 'The server ended while this was written' end,
      bytes = cut.bytes, sha256 = cut.sha256, seq = s.output_seq, ended_at = now()
    from cut, sessions s
    where o.blob_id = cut.id and o.state = 'writing' and s.id = o.session_id`;
  await tx`
    update execution_results set state = 'incomplete', ended_at = now(),
      error = 'The server ended while this ran'
    where process_id = ${processId} and state = 'running'`;
  return changed.map((session) => ({ kind: "state", ...session }));
}

/** Removes the rows of all outputs of a session; their blobs are marked by whoever deletes the session. */
export async function deleteOutputs(tx: TransactionSql, sessionId: string): Promise<void> {
  await Promise.all([
    tx`delete from outputs where session_id = ${sessionId}`,
    tx`delete from execution_results where session_id = ${sessionId}`,
    tx`
      update sessions set output_count = 0, output_bytes = 0, output_seq = 0
      where id = ${sessionId}`,
  ]);
}
