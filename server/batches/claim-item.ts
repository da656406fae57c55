import type { BatchKind } from "#lib/batch.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { announce, transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import { countMoved, lockBatch } from "./count-lines.ts";

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
  services: Pick<Services, "database" | "bus" | "processId">,
  { batchId, kind }: { batchId: string; kind: BatchKind },
): Promise<ClaimedItem | null> {
  const row = await transact(services, async (tx) => {
    if (kind === "start") await lockSlots(tx, batchId);
    return takeNext(tx, { batchId, processId: services.processId });
  });
  if (!row) return null;
  const { userId, teamId, role, ...item } = row;
  return { ...item, owner: role && { userId, teamId, role, scopes: null } };
}

/**
 * One counts the slots at a time: two would take the last one both. Behind the batch's row, which somebody may hold for
 * long: others do not wait for that.
 */
async function lockSlots(tx: TransactionSql, batchId: string): Promise<void> {
  await lockBatch(tx, batchId);
  await tx`select pg_advisory_xact_lock(hashtext('millrace.claim-batch-item'))`;
}

async function takeNext(
  tx: TransactionSql,
  { batchId, processId }: { batchId: string; processId: string },
): Promise<ClaimedRow | null> {
  const [row] = await tx<ClaimedRow[]>`
    with batch as (
      select b.*, case when kind = 'start' then
        (select greatest(coalesce(sum(slots), 0) - 1, 1) from processes) - (
          select coalesce(sum(running_count), 0) from batches
          where kind = 'start' and running_count > 0
        ) else 1 end as room
      from batches b where id = ${batchId} and state in ('open', 'sealed') for no key update of b
    ), chosen as (
      select i.batch_id, i.index from batch_items i join batch on batch.id = i.batch_id
      where concurrency > running_count and room > 0 and i.state = 'queued'
        and (retry_at is null or retry_at <= now())
      order by i.index limit 1 for update of i skip locked
    ), taken as (
      update batch_items i set
        state = 'running', claimed_by = ${processId}, attempts = attempts + 1,
        started_at = clock_timestamp(), retry_at = null
      from chosen where i.batch_id = chosen.batch_id and i.index = chosen.index
      returning i.*
    ), moved as (
      select 'queued' as was, 'running' as now from taken
    ), ${countMoved(tx, batchId)}
    select taken.batch_id as "batchId", index, kind, defaults, body, blob_id as "blobId",
      upload_id as "uploadId", round, attempts as attempt, owner_id as "userId",
      team_id as "teamId", (
        select role from memberships m
        where m.team_id = batch.team_id and m.user_id = batch.owner_id
      ) as role
    from taken, batch`;
  if (!row) return null;
  announce(tx, { kind: "batch", batchId });
  return row;
}
