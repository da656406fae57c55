import type { TransactionSql } from "#server/database/database.ts";
import { type NewsServices, transact } from "#server/live/transact.ts";
import type { BadLine, GoodLine } from "./batch-line.ts";
import { countLines, countMoved, lockBatch } from "./count-lines.ts";
import { together } from "./together.ts";

/** A line whose index is known. */
export type PlacedLine = GoodLine | (BadLine & { index: number });

/**
 * `accepted`: new. `deduplicated`: the same line is there. `conflict`: another one is there, and stands. `closed`: the
 * batch takes no more lines.
 */
export type LineResult =
  | { outcome: "accepted" | "deduplicated" | "closed" }
  | { outcome: "conflict"; storedSha256: string };

/** Groups of lines that go into one statement: they would wait for the batch's row one after the other. */
const GROUPS_TOGETHER_MAX = 8;

const storesOf = new WeakMap<
  NewsServices["database"],
  (batchId: string, lines: readonly PlacedLine[]) => Promise<LineResult[]>
>();

/**
 * Stores lines of one batch, each index once: one statement finds out whether it is there and puts it into the line. A
 * readable line takes the place of one that could not be read, also when the batch was sealed, or done, since. Answers
 * in the order of `lines`; the same index may come more than once. Safe to run again, and by many at once with the same
 * lines in any order: what comes while others are stored is stored with the next ones.
 */
export function storeLines(
  services: NewsServices,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<LineResult[]> {
  const work = (id: string, all: readonly PlacedLine[]) => storeTogether(services, id, all);
  const store =
    storesOf.get(services.database) ?? together({ work, callsMax: GROUPS_TOGETHER_MAX });
  storesOf.set(services.database, store);
  return store(batchId, lines);
}

async function storeTogether(
  services: NewsServices,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<LineResult[]> {
  const firstOfIndex = chooseByIndex(lines);
  const { accepted, known } = await takeOrFind(services, batchId, firstOfIndex);
  const isAccepted = (line: PlacedLine) =>
    accepted.has(line.index) && firstOfIndex.get(line.index) === line;
  const storedOf = ({ index }: PlacedLine) =>
    accepted.has(index) ? firstOfIndex.get(index)?.sha256 : known.get(index)?.sha256;
  const isConflict = (line: PlacedLine) =>
    line.fault === null && (storedOf(line) ?? line.sha256) !== line.sha256;
  const results = lines.map((line): LineResult => {
    if (isAccepted(line)) return { outcome: "accepted" };
    const storedSha256 = storedOf(line);
    if (storedSha256 === undefined) return { outcome: "closed" };
    return isConflict(line) ? { outcome: "conflict", storedSha256 } : { outcome: "deduplicated" };
  });
  const duplicates = lines.filter(
    ({ fault }, n) => fault === null && results[n]?.outcome === "deduplicated",
  ).length;
  await noteRepeats(services, batchId, { conflicting: lines.filter(isConflict), duplicates });
  return results;
}

/** Takes what can be taken; of the others, finds what is there. */
async function takeOrFind(
  services: NewsServices,
  batchId: string,
  firstOfIndex: ReadonlyMap<number, PlacedLine>,
) {
  const chosen = [...firstOfIndex.values()];
  const accepted = new Set<number>();
  const known = new Map<number, KnownLine>();
  const takeAndLook = async (lines: readonly PlacedLine[]) => {
    for (const index of await takeLines(services, batchId, lines)) accepted.add(index);
    const others = lines.filter(({ index }) => !accepted.has(index));
    for (const { index, ...line } of await findLines(services, batchId, others))
      known.set(index, line);
  };
  await takeAndLook(chosen);
  // It was stored while ours waited, and sealed the batch: now it is seen, and gives its place.
  const overtaken = chosen.filter(
    ({ index, fault }) => fault === null && known.get(index)?.isFaulty === true,
  );
  await takeAndLook(overtaken);
  return { accepted, known };
}

/** The first line of each index that can be read, else the first one. */
function chooseByIndex(lines: readonly PlacedLine[]): Map<number, PlacedLine> {
  const chosen = new Map<number, PlacedLine>();
  for (const line of lines) {
    const before = chosen.get(line.index);
    if (!before || (before.fault !== null && line.fault === null)) chosen.set(line.index, line);
  }
  return chosen;
}

/** Indexes that are new, or taken over from a line that could not be read. */
async function takeLines(
  { database: { sql }, bus }: NewsServices,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<Set<number>> {
  if (lines.length === 0) return new Set();
  const column = <Value>(read: (line: PlacedLine) => Value) => lines.map(read);
  const rows = await sql<{ index: number }[]>`
    with batch as (
      select id, state from batches where id = ${batchId} and state <> 'aborted' for no key update
    ), taken as (
      insert into batch_items (
        batch_id, index, sha256, bytes, body, blob_id, upload_id, fault, reason, state, ended_at
      )
      select batch.id, line.index, sha256, bytes::bigint, body, blob_id::uuid, upload_id, fault, reason,
        case when fault is null then 'queued' else 'failed' end, case when fault is not null then now() end
      from batch, unnest(
        ${column(({ index }) => index)}::int[], ${column(({ sha256 }) => sha256)}::text[],
        ${column(({ bytes }) => bytes)}::float8[],
        ${column((line) => (line.fault === null ? line.body : null))}::text[],
        ${column((line) => (line.fault === null ? line.blobId : null))}::text[],
        ${column((line) => (line.fault === null ? line.uploadId : null))}::text[],
        ${column(({ fault }) => fault)}::text[],
        ${column((line) => (line.fault === null ? null : line.reason))}::text[]
      ) as line(index, sha256, bytes, body, blob_id, upload_id, fault, reason)
      where batch.state = 'open' or exists (
        select from batch_items known
        where known.batch_id = batch.id and known.index = line.index and known.fault is not null
      )
      on conflict (batch_id, index) do update set
        sha256 = excluded.sha256, bytes = excluded.bytes, body = excluded.body,
        blob_id = excluded.blob_id, upload_id = excluded.upload_id, fault = null, reason = null,
        state = 'queued', ended_at = null, session_id = null, attempts = 0,
        round = batch_items.round + 1
      where batch_items.fault is not null and excluded.fault is null
      returning index, state, xmax = 0 as is_new
    ), moved as (
      select case when not is_new then 'failed' end as was, state as now from taken
    ), ${countMoved(sql, batchId)}
    select index from taken`;
  if (rows.length > 0) bus.tell({ kind: "batch", batchId });
  return new Set(rows.map(({ index }) => index));
}

interface KnownLine {
  sha256: string;
  isFaulty: boolean;
}

/** In a statement of its own: what others stored while ours waited for them is not seen by ours. */
async function findLines(
  { database: { sql } }: NewsServices,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<(KnownLine & { index: number })[]> {
  if (lines.length === 0) return [];
  return sql<(KnownLine & { index: number })[]>`
    select index, sha256, fault is not null as "isFaulty" from batch_items
    where batch_id = ${batchId} and index = any(${lines.map(({ index }) => index)}::int[])`;
}

/** Of many who find the same conflict at one time, one counts it. */
async function noteRepeats(
  services: NewsServices,
  batchId: string,
  { conflicting, duplicates }: { conflicting: readonly PlacedLine[]; duplicates: number },
): Promise<void> {
  if (conflicting.length + duplicates === 0) return;
  await transact(services, async (tx) => {
    await lockBatch(tx, batchId);
    const conflicts = conflicting.length > 0 ? await noteConflicts(tx, batchId, conflicting) : 0;
    if (conflicts + duplicates > 0)
      await countLines(tx, batchId, { change: { conflicts, duplicates } });
  });
}

/** Answers how many indexes are in conflict for the first time. */
async function noteConflicts(
  tx: TransactionSql,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<number> {
  const last = new Map(lines.map(({ index, sha256 }) => [index, sha256]));
  const noted = await tx<{ isFirst: boolean }[]>`
    with other as (
      select * from unnest(${[...last.keys()]}::int[], ${[...last.values()]}::text[])
        as o(index, sha256)
    ), locked as (
      select index, conflict_sha256 from batch_items
      where batch_id = ${batchId} and index in (select index from other)
    )
    update batch_items set conflict_sha256 = other.sha256
    from locked join other using (index)
    where batch_id = ${batchId} and batch_items.index = locked.index
    returning locked.conflict_sha256 is null as "isFirst"`;
  return noted.filter(({ isFirst }) => isFirst).length;
}
