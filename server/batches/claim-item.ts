import type { BatchKind } from "#lib/batch.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";

/** A line that this process has begun with. */
export interface ClaimedItem {
  batchId: string;
  index: number;
  kind: BatchKind;
  defaults: Record<string, unknown>;
  /** Whoever made the batch, with the role of today; null when they have left the team. */
  owner: Viewer | null;
  body: string | null;
  blobId: string | null;
  uploadId: string | null;
  round: number;
  /** From 1. */
  attempt: number;
}

interface ClaimedRow extends Omit<ClaimedItem, "owner"> {
  userId: string;
  teamId: string;
  role: Viewer["role"] | null;
}

/**
 * Takes the next line of a batch, by index, as long as fewer than its limit are at work anywhere; null when there is none
 * to take. Sessions of all batches together leave one slot to sessions that people start, where there are several.
 */
export async function claimItem(
  { database: { sql }, processId }: Pick<Services, "database" | "processId">,
  batchId: string,
): Promise<ClaimedItem | null> {
  const claimed = await sql.begin(async (tx) => {
    // One counts at a time: two would take the last place both.
    await tx`select pg_advisory_xact_lock(hashtext('millrace.claim-batch-item'))`;
    return tx<ClaimedRow[]>`
      with batch as (
        select b.*, concurrency - (
          select count(*) from batch_items where batch_id = b.id and state = 'running'
        ) as free, case when kind = 'start' then
          (select greatest(coalesce(sum(slots), 0) - 1, 1) from processes) - (
            select count(*) from batch_items i join batches o on o.id = i.batch_id
            where i.state = 'running' and o.kind = 'start'
          ) else 1 end as room
        from batches b where id = ${batchId} and state in ('open', 'sealed')
      ), chosen as (
        select i.batch_id, i.index from batch_items i join batch on batch.id = i.batch_id
        where free > 0 and room > 0 and i.state = 'queued'
          and (retry_at is null or retry_at <= now())
        order by i.index limit 1 for update of i skip locked
      )
      update batch_items i set
        state = 'running', claimed_by = ${processId}, attempts = attempts + 1,
        started_at = clock_timestamp(),
        retry_at = null
      from chosen, batch
      where i.batch_id = chosen.batch_id and i.index = chosen.index
      returning i.batch_id as "batchId", i.index, kind, defaults, body, blob_id as "blobId",
        upload_id as "uploadId", round, attempts as attempt, owner_id as "userId",
        team_id as "teamId", (
          select role from memberships m
          where m.team_id = batch.team_id and m.user_id = batch.owner_id
        ) as role`;
  });
  const [row] = claimed;
  if (!row) return null;
  const { userId, teamId, role, ...item } = row;
  return { ...item, owner: role && { userId, teamId, role, scopes: null } };
}
