import type { Sql } from "#server/database/database.ts";

const RANGES_MAX = 1_000;

export interface Missing {
  /** First and last index of each gap. */
  missing: [from: number, to: number][];
  /** There are more. */
  isCut: boolean;
}

/**
 * Indexes that no line came for, up to the expected end, or to the last that came where none is known. Lines are looked
 * through only where their number says that some between them are missing, and no further than ranges are named.
 */
export async function findMissing(sql: Sql, batchId: string): Promise<Missing> {
  const [known] = await sql<
    { first: number; end: number; expectedEnd: number; received: number }[]
  >`
    select received, coalesce(first, 0) as first, coalesce(last + 1, 0) as "end",
      coalesce(expected_count, last + 1, 0) as "expectedEnd"
    from (
      select expected_count,
        queued_count + running_count + done_count + failed_count + cancelled_count as received,
        (select min(index) from batch_items where batch_id = ${batchId}) as first,
        (select max(index) from batch_items where batch_id = ${batchId}) as last
      from batches where id = ${batchId}
    ) as ends`;
  if (!known) return { missing: [], isCut: false };
  const { first, end, expectedEnd, received } = known;
  const between = received === end - first ? [] : await findGaps(sql, { batchId, end });
  const all: [number, number][] = [[0, first - 1], ...between, [end, expectedEnd - 1]];
  const missing = all.filter(([from, to]) => from <= to);
  return { missing: missing.slice(0, RANGES_MAX), isCut: missing.length > RANGES_MAX };
}

/** Below `end`; one more than are named, where there are as many. */
async function findGaps(
  sql: Sql,
  { batchId, end }: { batchId: string; end: number },
): Promise<[from: number, to: number][]> {
  const rows = await sql<{ from: number; to: number }[]>`
    select index + 1 as "from", next - 1 as "to"
    from (
      select index, lead(index) over (order by index) as next
      from batch_items where batch_id = ${batchId} and index < ${end}
    ) as lines
    where next > index + 1 order by index limit ${RANGES_MAX + 1}`;
  return rows.map(({ from, to }): [number, number] => [from, to]);
}
