import type { Database, Fragment, Sql } from "#server/database/database.ts";

/** An item that was refused. */
export interface SkippedItem {
  id: number;
  /** The upload that brought it, and what its file is called; null for what a running agent wrote. */
  uploadId: string | null;
  uploadName: string | null;
  /** Its place in that upload, from 0. */
  itemIndex: number;
  byteSize: number;
  /** Safe to show. */
  reason: string;
  /** Null where the head of the item was not readable. */
  type: string | null;
  messageId: string | null;
  partId: string | null;
}

export interface SkippedItemsQuery {
  sessionId: string;
  generation: number;
  maxCount: number;
  /** `id` of the last one that is known; from the beginning when left out. */
  afterId?: number;
}

/**
 * Items of a session that were refused, in the order in which they were noted. What an upload was refused of the same
 * bytes as an earlier one is with that one, once.
 */
export async function listSkippedItems(
  { sql }: Database,
  { sessionId, generation, maxCount, afterId = 0 }: SkippedItemsQuery,
): Promise<SkippedItem[]> {
  return sql<SkippedItem[]>`
    select ${skippedColumns(sql)} from skipped_items s
    left join uploads u using (session_id, generation, received)
    where session_id = ${sessionId} and generation = ${generation} and s.id > ${afterId}
      and not is_repeat
    order by s.id limit ${maxCount}`;
}

export interface UploadSkipsQuery {
  uploadId: string;
  maxCount: number;
  /** Place of the last one that is known; from the beginning when left out. */
  afterIndex?: number;
}

/** All items that one upload was refused, by their place in it. */
export async function listSkippedOfUpload(
  { sql }: Database,
  { uploadId, maxCount, afterIndex = -1 }: UploadSkipsQuery,
): Promise<SkippedItem[]> {
  return sql<SkippedItem[]>`
    select ${skippedColumns(sql)} from uploads u
    join skipped_items s using (session_id, generation, received)
    where u.id = ${uploadId} and item_index > ${afterIndex}
    order by session_id, generation, received, item_index limit ${maxCount}`;
}

/** The columns of a `SkippedItem`, of `skipped_items s` and `uploads u`. */
const skippedColumns = (sql: Sql): Fragment => sql`
  s.id::float8 as id, u.id as "uploadId", u.name as "uploadName", item_index as "itemIndex",
  byte_size::float8 as "byteSize", reason, type, message_id as "messageId", part_id as "partId"`;
