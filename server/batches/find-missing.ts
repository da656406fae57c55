import type { Sql, TransactionSql } from "#server/database/database.ts";

/** Gaps that are named where nobody asks for more or fewer. */
const RANGES_NAMED = 1_000;

export interface Missing {
  /** First and last index of each gap. */
  missing: [from: number, to: number][];
  /** There are more behind the last one. */
  isCut: boolean;
}

export interface MissingQuery {
  /** Only behind this index: the end of the last gap that is known. */
  after?: number;
  /** Gaps. */
  limit?: number;
}

/**
 * Indexes that no line came for, up to the expected end, or to the last that came where none is known. Lines are looked
 * through only where their number says that some between them are missing, and no further than ranges are named.
 */
export async function findMissing(
  sql: Sql | TransactionSql,
  batchId: string,
  { after = -1, limit = RANGES_NAMED }: MissingQuery = {},
): Promise<Missing> {
  const [known] = await sql<
    { first: number | null; end: number; expectedEnd: number; received: number }[]
  >`
    select received, first, coalesce(last + 1, 0) as "end",
      coalesce(expected_count, last + 1, 0) as "expectedEnd"
    from (
      select expected_count,
        queued_count + running_count + done_count + failed_count + cancelled_count as received,
        (
          select min(index) from batch_items where batch_id = ${batchId} and index > ${after}
        ) as first,
        (select max(index) from batch_items where batch_id = ${batchId}) as last
      from batches where id = ${batchId}
    ) as ends`;
  if (!known) return { missing: [], isCut: false };
  const { end, expectedEnd, received } = known;
  const first = known.first ?? Math.max(end, after + 1);
  const isWhole = after === -1 && received === end - first;
  const between = isWhole ? [] : await findGaps(sql, { batchId, first, limit });
  const behind = Math.max(end, after + 1);
  const all: [number, number][] = [[after + 1, first - 1], ...between, [behind, expectedEnd - 1]];
  const missing = all.filter(([from, to]) => from <= to);
  return { missing: missing.slice(0, limit), isCut: missing.length > limit };
}

/** From the line `first` on; one more than are asked for, where there are as many. */
async function findGaps(
  sql: Sql | TransactionSql,
  { batchId, first, limit }: { batchId: string; first: number; limit: number },
): Promise<[from: number, to: number][]> {
  const rows = await sql<{ from: number; to: number }[]>`
    select index + 1 as "from", next - 1 as "to"
    from (
      select index, lead(index) over (order by index) as next
      from batch_items where batch_id = ${batchId} and index >= ${first}
    ) as lines
    where next > index + 1 order by index limit ${limit + 1}`;
  return rows.map(({ from, to }): [number, number] => [from, to]);
}
