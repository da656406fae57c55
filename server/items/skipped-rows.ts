import type { TransactionSql } from "#server/database/database.ts";
import type { BatchEntry, RefusedItem } from "./prepare-item.ts";

interface Target {
  sessionId: string;
  generation: number;
  received: number;
}

interface LedgerChange {
  entries: readonly BatchEntry[];
  /** An attempt before this one may have refused some of them. */
  isRepeat: boolean;
}

/**
 * Notes which entries of a batch are refused, and takes back what an attempt before noted of those that are not any
 * more. Returns by how many the session has more of them now, or fewer.
 */
export async function writeSkippedItems(
  tx: TransactionSql,
  target: Target,
  { entries, isRepeat }: LedgerChange,
): Promise<number> {
  const refused = entries.filter((entry) => entry.kind === "refused");
  const accepted = entries.filter((entry) => entry.kind === "prepared");
  const [addedCount, removedCount] = await Promise.all([
    addSkippedItems(tx, target, refused),
    isRepeat ? removeSkippedItems(tx, target, accepted) : 0,
  ]);
  return addedCount - removedCount;
}

/** More often than that the same bytes need not have come before to be known. */
const EARLIER_MAX = 8;

/** Numbers of the uploads that brought the very bytes of this one before; none for writes that are no upload. */
async function findEarlier(
  tx: TransactionSql,
  { sessionId, generation, received }: Target,
): Promise<number[]> {
  const rows = await tx<{ received: number }[]>`
    select earlier.received::float8 as received
    from uploads upload join uploads earlier using (session_id, generation, sha256, encoding)
    where upload.session_id = ${sessionId} and upload.generation = ${generation}
      and upload.received = ${received} and earlier.received < upload.received
    order by earlier.received desc limit ${EARLIER_MAX}`;
  return rows.map((row) => row.received);
}

/**
 * Each once, however often its upload is repeated, and in their order; what earlier uploads of the same bytes were
 * refused is marked. Returns how many were new and are none of those.
 */
async function addSkippedItems(
  tx: TransactionSql,
  { sessionId, generation, received }: Target,
  refused: readonly RefusedItem[],
): Promise<number> {
  if (refused.length === 0) return 0;
  const earlier = await findEarlier(tx, { sessionId, generation, received });
  const rows = await tx<{ isRepeat: boolean }[]>`
    insert into skipped_items (
      session_id, generation, received, item_index, byte_size, reason, type, message_id, part_id, is_repeat
    )
    select ${sessionId}, ${generation}, ${received}, refused.*, exists (
      select from unnest(${earlier}::bigint[]) as earlier(received)
      cross join lateral (
        select session_id, generation, received, item_index from skipped_items
        where (session_id, generation, received, item_index)
          >= (${sessionId}, ${generation}::integer, earlier.received, refused.item_index)
        order by session_id, generation, received, item_index limit 1
      ) noted
      where noted.session_id = ${sessionId} and noted.generation = ${generation}
        and noted.received = earlier.received and noted.item_index = refused.item_index
    )
    from unnest(
      ${refused.map((item) => item.index)}::integer[],
      ${refused.map((item) => item.byteSize)}::bigint[],
      ${refused.map((item) => item.reason)}::text[],
      ${refused.map((item) => item.type)}::text[],
      ${refused.map((item) => item.messageId)}::text[],
      ${refused.map((item) => item.partId)}::text[]
    ) as refused(item_index, byte_size, reason, type, message_id, part_id)
    order by refused.item_index
    on conflict (session_id, generation, received, item_index) do nothing
    returning is_repeat as "isRepeat"`;
  return countOwn(rows);
}

const countOwn = (rows: readonly { isRepeat: boolean }[]) =>
  rows.filter(({ isRepeat }) => !isRepeat).length;

/**
 * Returns how many of them counted. Asks for a stretch of the index in its order, because PostgreSQL takes a session's ledger for one row before the table
 * is analysed, and would read all of it through another index. The session is locked: rows stay in their place.
 */
async function removeSkippedItems(
  tx: TransactionSql,
  { sessionId, generation, received }: Target,
  accepted: readonly BatchEntry[],
): Promise<number> {
  const first = accepted[0]?.index;
  const last = accepted.at(-1)?.index;
  if (first === undefined || last === undefined) return 0;
  const rows = await tx<{ isRepeat: boolean }[]>`
    delete from skipped_items where ctid = any(array(
      select row_id from (
        select ctid as row_id, session_id, generation, received, item_index from skipped_items
        where (session_id, generation, received, item_index)
          >= (${sessionId}, ${generation}::integer, ${received}::bigint, ${first}::integer)
        order by session_id, generation, received, item_index limit ${last - first + 1}
      ) noted
      where session_id = ${sessionId} and generation = ${generation} and received = ${received}
        and item_index = any(${accepted.map((entry) => entry.index)}::integer[])
    ))
    returning is_repeat as "isRepeat"`;
  return countOwn(rows);
}
