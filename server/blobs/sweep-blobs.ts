import type { DurableNews } from "#server/live/bus-message.ts";
import { log } from "#server/log.ts";
import { blobIdOfKey } from "./segment-key.ts";
import type { UnfinishedWrite, StoredSegment } from "./blob-store.ts";
import { closeAbandonedOutputs } from "./close-abandoned-outputs.ts";
import { removeDeletedBlobs } from "./delete-blobs.ts";
import { forgetUnusedAttachments } from "./forget-unused-attachments.ts";
import { BLOB_LEASE_MS, type BlobServices } from "./write-blob.ts";

const ROWS_PER_STEP = 100;
const FILES_PER_STEP = 500;

export interface SweptBlobs {
  /** Blobs whose bytes and rows were removed. */
  blobCount: number;
  /** Outputs whose writer died; what they hold stays readable. */
  incompleteCount: number;
  /** Stored segments that belonged to no row. */
  fileCount: number;
  /** Half-made writes of killed processes. */
  unfinishedCount: number;
}

interface SweepOptions {
  /** For what no row knows. */
  graceMs?: number;
  /** Has watchers hear of outputs that were ended. */
  tell?: (...news: DurableNews[]) => void;
}

/**
 * Removes bytes that nobody can reach: blobs that are marked deleted, and, once their lease has run out, blobs that
 * were never finished, bodies that no item refers to, received bytes that no upload refers to, what an export laid by,
 * bytes that no stream has, files for prompts that nobody uses, and everything of sessions and generations that are gone; then stored files without a row that are older than `graceMs`. Outputs that
 * were cut off are kept, as `incomplete`. Safe to run at any time, twice, and in several processes.
 */
export async function sweepBlobs(
  services: BlobServices,
  { graceMs = BLOB_LEASE_MS, tell = () => {} }: SweepOptions = {},
): Promise<SweptBlobs> {
  const { count: incompleteCount, news } = await closeAbandonedOutputs(services);
  tell(...news);
  await forgetUnusedAttachments(services);
  await markUnreachable(services);
  const blobCount = await removeMarked(services);
  const before = new Date(Date.now() - graceMs);
  const fileCount = await removeOrphanFiles(services, before);
  const unfinishedCount = await removeAbandonedWrites(services, before);
  return { blobCount, incompleteCount, fileCount, unfinishedCount };
}

/**
 * A writer that is about to refer to a blob renews its lease in the same transaction: whoever comes second here sees
 * either the mark or the new lease, never neither.
 */
async function markUnreachable({ database: { sql } }: BlobServices): Promise<void> {
  await sql`
    update blobs b set state = 'deleting'
    where b.state <> 'deleting' and b.lease_until < clock_timestamp()
      and not exists (select from items where blob_id = b.id)
      and not exists (select from item_refs where blob_id = b.id)
      and not exists (select from batch_items where blob_id = b.id)
      and not exists (select from stream_parts where blob_id = b.id)
      and not exists (select from checkpoint_parts where blob_id = b.id)
      and not exists (select from workspace_changes where blob_id = b.id)
      and not exists (select from attachments where blob_id = b.id)
      and (
        (b.state in ('writing', 'incomplete') and b.purpose <> 'output')
        or b.purpose in ('item', 'export', 'checkpoint')
        or (b.purpose = 'output' and not exists (select from outputs where blob_id = b.id))
        or (b.purpose = 'upload' and not exists (select from uploads where blob_id = b.id))
        or not exists (
          select from sessions s
          where s.id = b.session_id and s.generation = b.generation and s.deleted_at is null
        )
      )`;
}

async function removeMarked(services: BlobServices): Promise<number> {
  const { sql } = services.database;
  let total = 0;
  for (let after: string | null = null; ;) {
    const rows: { id: string }[] = await sql`
      select id from blobs where state = 'deleting' and (${after}::uuid is null or id > ${after}::uuid)
      order by id limit ${ROWS_PER_STEP}`;
    const last = rows.at(-1);
    if (!last) return total;
    total += await removeOrLeave(
      services,
      rows.map((row) => row.id),
    );
    after = last.id;
  }
}

/** What cannot be removed now does not keep the sweep from all behind it: the next one tries again. */
async function removeOrLeave(services: BlobServices, blobIds: string[]): Promise<number> {
  try {
    return await removeDeletedBlobs(services, blobIds);
  } catch (error) {
    log.warn({ err: error, blobIds }, "deleted blobs are left to the next sweep");
    return 0;
  }
}

async function removeOrphanFiles(services: BlobServices, before: Date): Promise<number> {
  let total = 0;
  for await (const step of inSteps(services.blobs.list(), (one) => one.storedAt < before)) {
    const orphans = await findOrphans(services, step);
    await services.blobs.delete(orphans);
    total += orphans.length;
  }
  return total;
}

/** A write may take longer than the grace: as long as its blob is `writing`, somebody renews the lease. */
async function removeAbandonedWrites(services: BlobServices, before: Date): Promise<number> {
  let total = 0;
  const { blobs } = services;
  for await (const step of inSteps(blobs.listUnfinished(), (one) => one.startedAt < before)) {
    const abandoned = new Set(await findOrphans(services, step));
    const writes = step.filter((write) => abandoned.has(write.key));
    for (const write of writes) await blobs.removeUnfinished(write);
    total += writes.length;
  }
  return total;
}

type Stored = StoredSegment | UnfinishedWrite;

/** What passes, in lists of at most `FILES_PER_STEP`. */
async function* inSteps<One extends Stored>(
  source: AsyncIterable<One>,
  passes: (one: One) => boolean,
): AsyncGenerator<One[]> {
  let step: One[] = [];
  for await (const one of source) {
    if (passes(one)) step.push(one);
    if (step.length < FILES_PER_STEP) continue;
    yield step;
    step = [];
  }
  if (step.length > 0) yield step;
}

/** Keys without a row. The blob of a key may still be written: its segment's row is about to come. */
async function findOrphans(
  { database: { sql } }: BlobServices,
  stored: readonly Stored[],
): Promise<string[]> {
  const keys = stored.map(({ key }) => key);
  const blobIds = keys.map((key) => blobIdOfKey(key));
  const rows = await sql<{ key: string }[]>`
    select key from unnest(${keys}::text[], ${blobIds}::uuid[]) as stored(key, blob_id)
    where not exists (select from blob_segments s where s.key = stored.key)
      and not exists (select from blobs b where b.id = stored.blob_id and b.state = 'writing')`;
  return rows.map((row) => row.key);
}
