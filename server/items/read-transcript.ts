import { AppError } from "#lib/errors.ts";
import { SOCKET_INLINE_MAX_BYTES } from "#lib/limits.ts";
import type { Cursor, WireItem } from "#lib/live-protocol.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import {
  formatTranscriptPosition,
  parseTranscriptPosition,
  type TranscriptPosition,
} from "./transcript-position.ts";
import {
  selectWireItem,
  toWireItem,
  wireCost,
  WIRE_ITEM_OVERHEAD_BYTES,
  type WireItemRow,
} from "./wire-item.ts";

export interface TranscriptQuery {
  sessionId: string;
  generation: number;
  /** Messages. */
  maxCount: number;
  /** Of bodies and previews, with some 256 bytes for each item; one item comes even if it is larger. */
  maxBytes: number;
  /** `before` of an earlier answer; the end of the transcript when left out. */
  before?: string | undefined;
  /** Larger bodies come as a preview. */
  inlineMaxBytes?: number;
}

export interface Transcript {
  /**
   * Messages in their order (`sortKey`, then arrival), each followed by its parts in the order of their ids. Deleted
   * ones are left out, and so are parts whose message was deleted; parts whose message has not come are there.
   */
  items: WireItem[];
  hasEarlier: boolean;
  /**
   * Where the window before this one ends; null when there is none. A message with more parts than fit is cut before
   * a part: the message itself is then in both windows.
   */
  before: string | null;
  /** Live goes on from here without a gap: items and cursor were read in one consistent view. */
  cursor: Cursor;
}

/** The last window of a transcript, or the one before another. `gone` when the session was deleted or has moved on. */
export async function readTranscript(
  { sql }: Database,
  query: TranscriptQuery,
): Promise<Transcript> {
  const { sessionId, generation, inlineMaxBytes = SOCKET_INLINE_MAX_BYTES } = query;
  const before = query.before === undefined ? null : parseTranscriptPosition(query.before);
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    const [session] = await tx<{ lastSeq: string }[]>`
      select last_seq as "lastSeq" from sessions
      where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
    if (!session)
      throw new AppError("gone", "The session was deleted", { details: { sessionId, generation } });
    const found = await findPlaces(tx, { ...query, inlineMaxBytes }, before);
    const places = choosePlaces(found, query);
    const hasEarlier = places.length < found.length;
    const items = await readItems(tx, { ...query, inlineMaxBytes }, places);
    const first = places.at(-1);
    return {
      items,
      hasEarlier,
      before: hasEarlier && first ? formatTranscriptPosition(first) : null,
      cursor: { generation, seq: Number(session.lastSeq) },
    };
  });
}

/** Where an item stands and what it costs; its body is not read yet. */
interface Place extends TranscriptPosition {
  messageId: string;
  seq: number;
  cost: number;
}

type Window = TranscriptQuery & { inlineMaxBytes: number };

/** From the end backwards, one message and a few items more than fit. */
async function findPlaces(
  tx: TransactionSql,
  { sessionId, generation, maxCount, maxBytes, inlineMaxBytes }: Window,
  before: TranscriptPosition | null,
): Promise<Place[]> {
  const maxItems = Math.ceil(maxBytes / WIRE_ITEM_OVERHEAD_BYTES) + 1;
  const upTo = before
    ? tx`and (sort_key, first_seq) <= (${before.sortKey}, ${before.firstSeq})`
    : tx``;
  const earlier = before
    ? tx`and (m.sort_key, m.first_seq, i.part_id) < (${before.sortKey}, ${before.firstSeq}, ${before.partId})`
    : tx``;
  // The message of `before` counts although only its earlier parts are wanted.
  const maxMessages = maxCount + (before ? 2 : 1);
  const rows = await tx<PlaceRow[]>`
    select m.message_id as "messageId", m.sort_key as "sortKey", m.first_seq as "firstSeq", i.part_id as "partId",
      i.seq, i.cost
    from (
      select message_id, sort_key, first_seq from messages
      where session_id = ${sessionId} and generation = ${generation} and not deleted
        and (role is not null or part_count > 0) ${upTo}
      order by sort_key desc, first_seq desc limit ${maxMessages}
    ) m
    cross join lateral (
      select i.part_id, i.seq, ${wireCost(tx, inlineMaxBytes)} as cost from items i
      where i.session_id = ${sessionId} and i.generation = ${generation} and i.message_id = m.message_id
        and i.type in ('message', 'part') and not i.deleted ${earlier}
      order by i.part_id desc limit ${maxItems}
    ) i
    order by m.sort_key desc, m.first_seq desc, i.part_id desc limit ${maxItems}`;
  return rows.map((row) => ({
    ...row,
    firstSeq: Number(row.firstSeq),
    seq: Number(row.seq),
    cost: Number(row.cost),
  }));
}

interface PlaceRow extends Omit<Place, "firstSeq" | "seq" | "cost"> {
  firstSeq: string;
  seq: string;
  cost: string;
}

function choosePlaces(found: readonly Place[], { maxCount, maxBytes }: TranscriptQuery): Place[] {
  const messageIds = new Set<string>();
  let bytes = 0;
  const end = found.findIndex((place, position) => {
    messageIds.add(place.messageId);
    bytes += place.cost;
    return position > 0 && (bytes > maxBytes || messageIds.size > maxCount);
  });
  return end === -1 ? [...found] : found.slice(0, end);
}

/** In reading order. Parts are never without their message: a window that begins inside one starts with it. */
async function readItems(
  tx: TransactionSql,
  { sessionId, generation, inlineMaxBytes }: Window,
  places: readonly Place[],
): Promise<WireItem[]> {
  const first = places.at(-1);
  if (!first) return [];
  const header =
    first.partId === ""
      ? tx``
      : tx`or (i.type = 'message' and i.message_id = ${first.messageId} and not i.deleted)`;
  const rows = await tx<WireItemRow[]>`
    select ${selectWireItem(tx, inlineMaxBytes)} from items i
    where i.session_id = ${sessionId} and i.generation = ${generation}
      and (i.seq = any(${places.map((place) => place.seq)}::bigint[]) ${header})`;
  const items = rows.map(toWireItem);
  const placeOf = new Map(places.map((place, position) => [place.seq, position]));
  const rankOf = (item: WireItem) => placeOf.get(item.seq) ?? places.length;
  return items.toSorted((one, other) => rankOf(other) - rankOf(one));
}
