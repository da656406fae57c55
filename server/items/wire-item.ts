import type { WireItem } from "#lib/live-protocol.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import type { Sql, TransactionSql } from "#server/database/database.ts";
import { previewOf, selectTail } from "./item-beginning.ts";

/** What an item costs on the wire beside its body: ids, numbers, names of members. */
export const WIRE_ITEM_OVERHEAD_BYTES = 256;

/** A row as `selectWireItem` asks for it: the driver brings numbers of 64 bits as text. */
export interface WireItemRow {
  type: string;
  messageId: string;
  partId: string;
  firstSeq: string;
  seq: string;
  body: string | null;
  byteSize: string;
  previewSource: string | null;
  head: string | null;
  /** See `selectTail`. */
  tail: string | null;
  deleted: boolean;
}

/** Columns of the table `i` (items) for a `WireItemRow`; bodies above `inlineMaxBytes` stay in the database. */
export function selectWireItem(sql: Sql | TransactionSql, inlineMaxBytes: number) {
  return sql`
    i.type, i.message_id as "messageId", i.part_id as "partId", i.first_seq as "firstSeq", i.seq,
    i.byte_size as "byteSize", i.deleted,
    case when i.byte_size <= ${inlineMaxBytes} then i.body end as body,
    case when i.byte_size > ${inlineMaxBytes} then coalesce(i.preview, left(i.body, ${PREVIEW_MAX_BYTES})) end
      as "previewSource",
    case when i.byte_size > ${inlineMaxBytes} then i.head end as head,
    case when i.byte_size > ${inlineMaxBytes} then ${selectTail(sql)} end as tail`;
}

/** Bytes that an item of table `i` takes of a page's budget. */
export function wireCost(sql: Sql | TransactionSql, inlineMaxBytes: number) {
  return sql`(${WIRE_ITEM_OVERHEAD_BYTES} + case
    when i.byte_size <= ${inlineMaxBytes} then i.byte_size else ${PREVIEW_MAX_BYTES} end)`;
}

export function toWireItem(row: WireItemRow): WireItem {
  const { type, messageId, partId, body, deleted, previewSource, head, tail } = row;
  return {
    type,
    messageId,
    partId,
    firstSeq: Number(row.firstSeq),
    seq: Number(row.seq),
    body,
    byteSize: Number(row.byteSize),
    preview: previewSource === null ? null : previewOf({ text: previewSource, head, tail }),
    deleted,
  };
}
