import type { DurableNews } from "#server/live/bus-message.ts";
import type { BlobServices } from "./write-blob.ts";

export interface ClosedOutputs {
  /** Blobs that nobody writes any more. */
  count: number;
  /** To be told now. */
  news: DurableNews[];
}

/**
 * Ends outputs whose lease has run out: they keep what they hold, as `incomplete`. So are executions of processes that
 * are not there any more. Safe to run at any time and in several processes.
 */
export async function closeAbandonedOutputs({
  database: { sql },
}: BlobServices): Promise<ClosedOutputs> {
  return sql.begin(async (tx): Promise<ClosedOutputs> => {
    const abandoned = await tx<{ sessionId: string }[]>`
      select distinct o.session_id as "sessionId"
      from outputs o join blobs b on b.id = o.blob_id
      where o.state = 'writing' and b.state <> 'deleting' and b.lease_until < clock_timestamp()
      union
      select session_id from execution_results r
      where state = 'running' and not exists (select from processes where id = r.process_id)`;
    const sessionIds = abandoned.map(({ sessionId }) => sessionId);
    // The sessions first, as every writer of outputs does.
    const changed = await tx<{ sessionId: string; teamId: string }[]>`
      with locked as (
        select id from sessions where id = any(${sessionIds}::text[]) order by id for no key update
      )
      update sessions set counter = counter + 1, output_seq = counter + 1, revision = revision + 1
      from locked where sessions.id = locked.id
      returning sessions.id as "sessionId", team_id as "teamId"`;
    const { count } = await tx`
      update blobs b set state = 'incomplete'
      where state = 'writing' and purpose = 'output' and lease_until < clock_timestamp()
        and not exists (
          select from outputs where blob_id = b.id and session_id <> all(${sessionIds}::text[])
        )`;
    await tx`
      update outputs o set
        state = b.state, bytes = b.bytes, sha256 = b.sha256, seq = s.output_seq, ended_at = now(),
        error = case b.state when 'complete' then null else 'Nothing was written for a long time' end
      from blobs b, sessions s
      where b.id = o.blob_id and o.state = 'writing' and b.state in ('complete', 'incomplete')
        and b.lease_until < clock_timestamp()
        and s.id = o.session_id and s.id = any(${sessionIds}::text[])`;
    await tx`
      update execution_results r set state = 'incomplete', ended_at = now(),
        error = 'The server ended while this ran'
      where state = 'running' and session_id = any(${sessionIds}::text[])
        and not exists (select from processes where id = r.process_id)`;
    return { count, news: changed.map((session) => ({ kind: "state", ...session })) };
  });
}
