import type { Database, Sql } from "#server/database/database.ts";
import type { BadLine, GoodLine } from "./batch-line.ts";

/** A line whose index is known. */
export type PlacedLine = GoodLine | (BadLine & { index: number });

/**
 * `accepted`: new. `deduplicated`: the same line is there. `conflict`: another one is there, and stands. `closed`: the
 * batch takes no more lines.
 */
export type LineResult =
  | { outcome: "accepted" | "deduplicated" | "closed" }
  | { outcome: "conflict"; storedSha256: string };

/**
 * Stores lines of one batch, each index once: one statement finds out whether it is there and puts it into the line. A
 * readable line takes the place of one that could not be read, also when the batch was sealed, or done, since. Answers in the order of `lines`; the same index may come
 * more than once. Safe to run again, and by many at once with the same lines in any order.
 */
export async function storeLines(
  { sql }: Database,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<LineResult[]> {
  const firstOfIndex = chooseByIndex(lines);
  // In one order for all: whoever waits for a row of another's statement has none that the other waits for.
  const chosen = [...firstOfIndex.values()].toSorted((a, b) => a.index - b.index);
  if (chosen.length === 0) return [];
  const accepted = await insertLines(sql, batchId, chosen);
  const others = lines.filter((line) => !isAccepted(line));
  const known = await findHashes(sql, batchId, others);
  await noteConflicts(
    sql,
    batchId,
    others.filter((line) => isConflict(line, known)),
  );
  return lines.map((line) => {
    if (isAccepted(line)) return { outcome: "accepted" };
    const storedSha256 = known.get(line.index);
    if (storedSha256 === undefined) return { outcome: "closed" };
    return storedSha256 === line.sha256
      ? { outcome: "deduplicated" }
      : { outcome: "conflict", storedSha256 };
  });

  function isAccepted(line: PlacedLine): boolean {
    return accepted.has(line.index) && firstOfIndex.get(line.index) === line;
  }
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

async function insertLines(
  sql: Sql,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<Set<number>> {
  const column = <Value>(read: (line: PlacedLine) => Value) => lines.map(read);
  const rows = await sql<{ index: number }[]>`
    with batch as (
      select id, state from batches where id = ${batchId} and state <> 'aborted' for share
    ), written as (
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
    order by line.index
    on conflict (batch_id, index) do update set
      sha256 = excluded.sha256, bytes = excluded.bytes, body = excluded.body,
      blob_id = excluded.blob_id, upload_id = excluded.upload_id, fault = null, reason = null,
      state = 'queued', ended_at = null
    where batch_items.fault is not null and excluded.fault is null
    returning index
    ), reopened as (
      update batches set state = 'sealed', finished_at = null
      where id = ${batchId} and state = 'done' and exists (select from written)
    )
    select index from written`;
  return new Set(rows.map(({ index }) => index));
}

/** In a statement of its own: what others stored while ours waited for them is not seen by ours. */
async function findHashes(
  sql: Sql,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<Map<number, string>> {
  if (lines.length === 0) return new Map();
  const rows = await sql<{ index: number; sha256: string }[]>`
    select index, sha256 from batch_items
    where batch_id = ${batchId} and index = any(${lines.map(({ index }) => index)}::int[])`;
  return new Map(rows.map(({ index, sha256 }) => [index, sha256]));
}

function isConflict({ index, sha256 }: PlacedLine, known: ReadonlyMap<number, string>): boolean {
  const stored = known.get(index);
  return stored !== undefined && stored !== sha256;
}

async function noteConflicts(
  sql: Sql,
  batchId: string,
  lines: readonly PlacedLine[],
): Promise<void> {
  if (lines.length === 0) return;
  const last = new Map(lines.map(({ index, sha256 }) => [index, sha256]));
  await sql`
    with other as (
      select * from unnest(${[...last.keys()]}::int[], ${[...last.values()]}::text[]) as o(index, sha256)
    ), locked as (
      select index from batch_items
      where batch_id = ${batchId} and index in (select index from other)
      order by index for update
    )
    update batch_items set conflict_sha256 = other.sha256
    from locked join other using (index)
    where batch_id = ${batchId} and batch_items.index = locked.index`;
}
