import type { Fragment, TransactionSql } from "#server/database/database.ts";
import type { TranscriptPlace } from "./transcript-place.ts";
import { isWithin, type Bounds, type OrderedPlace, type Target } from "./transcript-bounds.ts";
import { wireCost, WIRE_ITEM_OVERHEAD_BYTES } from "./wire-item.ts";

/** Sorts after every id that there may be. */
const LAST_ID = "\u{10ffff}";

/** Where an item stands and what it costs; its body is not read yet. */
export interface Place extends OrderedPlace {
  /** Of its message; null while only parts of it have come. */
  role: string | null;
  seq: number;
  /** Of its row, for as long as the transaction lasts. */
  rowId: string;
  cost: number;
}

export interface PlacesQuery extends Target {
  direction: "backward" | "forward";
  /** Where to begin; null for the end or the beginning of the transcript. */
  at: OrderedPlace | null;
  /** The place itself is wanted too. */
  isIncluded: boolean;
  bounds: Bounds;
  maxSeq: number | undefined;
  /** A window with a whole turn in it does not begin or end in the middle of another one. */
  endsWithTurns: boolean;
  only: "answers" | undefined;
  /** Messages. */
  maxCount: number;
  maxItems: number;
  maxBytes: number;
  inlineMaxBytes: number;
}

export interface FoundPlaces {
  /** In the order of the direction. */
  places: Place[];
  /** The last place that was looked at: the next window goes on after it. Null when there is nothing more. */
  end: TranscriptPlace | null;
  /** What follows belongs to another turn, or there is nothing more. */
  isWhole: boolean;
}

/** Items in one direction from a place on, as many as fit; one is there even if it does not. */
export async function findPlaces(tx: TransactionSql, query: PlacesQuery): Promise<FoundPlaces> {
  const maxItems = Math.min(query.maxItems, Math.ceil(query.maxBytes / WIRE_ITEM_OVERHEAD_BYTES));
  const limits = { ...query, maxItems };
  return choosePlaces(await selectPlaces(tx, limits), limits);
}

async function selectPlaces(tx: TransactionSql, query: PlacesQuery): Promise<PlaceRow[]> {
  const { sessionId, generation, direction, maxCount, maxItems, inlineMaxBytes } = query;
  const order = direction === "backward" ? tx`desc` : tx`asc`;
  const inTime = query.maxSeq === undefined ? tx`` : tx`and i.seq <= ${query.maxSeq}`;
  const columns = tx`
    i.part_id, i.seq, i.ctid::text as row_id, ${wireCost(tx, inlineMaxBytes)} as cost`;
  // The message itself by the order of the key: with an equal sign PostgreSQL may walk over all of its parts.
  return tx<PlaceRow[]>`
    select m.message_id as "messageId", m.sort_key as "sortKey", m.first_seq as "firstSeq", m.role,
      i.part_id as "partId", i.seq, i.row_id as "rowId", i.cost
    from (${selectMessages(tx, query)}) m
    left join lateral (
      select ${columns} from (
        select ctid, * from items
        where (session_id, generation, type, message_id, part_id)
          >= (${sessionId}, ${generation}::integer, 'message', m.message_id, '')
        order by session_id, generation, type, message_id, part_id limit 1
      ) i
      where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'message'
        and i.message_id = m.message_id and not i.deleted ${inTime} ${isMessageWanted(tx, query)}
      union all
      (select ${columns} from items i
      where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'part'
        and i.message_id = m.message_id and not i.deleted ${inTime} ${isPartWanted(tx, query)}
      order by i.part_id ${order} limit ${maxItems + 1})
    ) i on true
    order by m.sort_key ${order}, m.first_seq ${order}, i.part_id ${order} limit ${maxItems + maxCount + 3}`;
}

interface PlaceRow extends Omit<Place, "partId" | "seq" | "rowId" | "cost"> {
  /** Null for a message of which nothing is wanted. */
  partId: string | null;
  seq: string | null;
  rowId: string | null;
  cost: string | null;
}

/** Of the message in which the window begins only what lies beyond the place is wanted; of all others all. */
function isMessageWanted(tx: TransactionSql, { at, direction, isIncluded }: PlacesQuery): Fragment {
  if (at === null) return tx``;
  const isWanted = direction === "backward" ? at.partId !== "" : at.partId === "" && isIncluded;
  return isWanted ? tx`` : tx`and m.message_id <> ${at.messageId}`;
}

function isPartWanted(tx: TransactionSql, { at, direction, isIncluded }: PlacesQuery): Fragment {
  if (at === null) return tx``;
  const isBackward = direction === "backward";
  const comparison = isBackward ? tx`<` : isIncluded ? tx`>=` : tx`>`;
  return tx`
    and i.part_id ${comparison}
      case when m.message_id = ${at.messageId} then ${at.partId} else ${isBackward ? LAST_ID : ""} end`;
}

/** Messages with something alive in them, one or two more than are wanted. */
function selectMessages(tx: TransactionSql, query: PlacesQuery): Fragment {
  if (query.only === "answers") return selectAnswers(tx, query);
  const { sessionId, generation, direction, bounds, maxCount } = query;
  const order = direction === "backward" ? tx`desc` : tx`asc`;
  const inTime = query.maxSeq === undefined ? tx`` : tx`and first_seq <= ${query.maxSeq}`;
  return tx`
    select message_id, sort_key, first_seq, role from messages
    where session_id = ${sessionId} and generation = ${generation} and not deleted
      and (role is not null or part_count > 0) ${inTime} ${isWithin(tx, bounds)} ${isOnSide(tx, query)}
    order by sort_key ${order}, first_seq ${order} limit ${maxCount + 2}`;
}

/** Prompts, and the last message before each of them and at the end. */
function selectAnswers(tx: TransactionSql, query: PlacesQuery): Fragment {
  const { sessionId, generation, direction, bounds, maxCount } = query;
  const order = direction === "backward" ? tx`desc` : tx`asc`;
  const inTime = query.maxSeq === undefined ? tx`` : tx`and first_seq <= ${query.maxSeq}`;
  const alive = tx`
    session_id = ${sessionId} and generation = ${generation} and not deleted and role is not null ${inTime}`;
  return tx`
    with asked as materialized (
      select message_id, sort_key, first_seq, role from messages
      where ${alive} and role = 'user' ${isWithin(tx, bounds)} ${isOnSide(tx, query)}
      order by sort_key ${order}, first_seq ${order} limit ${maxCount + 2}
    ), ends as (
      select answer.* from asked cross join lateral (
        select message_id, sort_key, first_seq, role from messages
        where ${alive} and (sort_key, first_seq) < (asked.sort_key, asked.first_seq) ${isWithin(tx, bounds)}
        order by sort_key desc, first_seq desc limit 1
      ) answer
      union all
      (select message_id, sort_key, first_seq, role from messages
      where ${alive} ${isWithin(tx, bounds)} ${direction === "backward" ? isOnSide(tx, query) : tx``}
      order by sort_key desc, first_seq desc limit 1)
    )
    select message_id, sort_key, first_seq, role from (select * from asked union select * from ends) both_kinds
    where true ${isOnSide(tx, query)}
    order by sort_key ${order}, first_seq ${order} limit ${maxCount + 2}`;
}

/** The message of the place counts, although perhaps only some of its parts are wanted. */
function isOnSide(tx: TransactionSql, { at, direction }: PlacesQuery): Fragment {
  if (at === null) return tx``;
  const comparison = direction === "backward" ? tx`<=` : tx`>=`;
  return tx`and (sort_key, first_seq) ${comparison} (${at.sortKey}, ${at.firstSeq}::bigint)`;
}

/** As many rows as fit. More messages than that were asked for, so that the last window is known as such. */
function choosePlaces(rows: readonly PlaceRow[], query: PlacesQuery): FoundPlaces {
  const { maxCount, maxItems, maxBytes } = query;
  const places: Place[] = [];
  const messageIds = new Set<string>();
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const { partId, seq, rowId, cost } = row;
    if (partId === null || rowId === null) continue;
    messageIds.add(row.messageId);
    bytes += Number(cost);
    const isFull = bytes > maxBytes || messageIds.size > maxCount || places.length >= maxItems;
    if (isFull && places.length > 0) {
      const whole = query.endsWithTurns ? cutAtTurn(places, query) : null;
      if (whole !== null) return { places: whole, end: endOf(whole.at(-1)), isWhole: true };
      return { places, end: endOf(rows[index - 1]), isWhole: false };
    }
    places.push({ ...row, partId, rowId, seq: Number(seq), cost: Number(cost) });
  }
  const seenCount = new Set(rows.map(({ messageId }) => messageId)).size;
  const end = seenCount >= maxCount + 2 ? endOf(rows.at(-1)) : null;
  return { places, end, isWhole: end === null };
}

/** Ends before a prompt, or going backward with one; null when there is none to end at. */
function cutAtTurn(places: Place[], { direction }: PlacesQuery): Place[] | null {
  const last = places.findLastIndex(({ role, partId }) => role === "user" && partId === "");
  const end = direction === "backward" ? last + 1 : last;
  return end > 0 ? places.slice(0, end) : null;
}

function endOf(row: Pick<PlaceRow, "messageId" | "partId"> | undefined): TranscriptPlace | null {
  return row ? { messageId: row.messageId, partId: row.partId ?? "" } : null;
}
