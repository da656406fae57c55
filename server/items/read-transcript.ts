import { AppError } from "#lib/errors.ts";
import { PREVIEW_MAX_BYTES, TRANSCRIPT_PAGE_MAX_BYTES } from "#lib/limits.ts";
import type { WireItem } from "#lib/live-protocol.ts";
import type { TranscriptPage, WindowPlace } from "#lib/transcript.ts";
import type { Database, TransactionSql } from "#server/database/database.ts";
import { findPlaces, type FoundPlaces, type Place, type PlacesQuery } from "./find-places.ts";
import { keepToKeys } from "./keep-to-keys.ts";
import { readFirstPrompt, readHoles } from "./read-surroundings.ts";
import { resolveAround, type Around } from "./resolve-around.ts";
import {
  getOrderedPlace,
  readBounds,
  type Bounds,
  type Target,
  type TranscriptSpan,
} from "./transcript-bounds.ts";
import { formatPlace, parsePlace, type TranscriptPlace } from "./transcript-place.ts";
import { selectWireItem, toWireItem, type WireItemRow } from "./wire-item.ts";

/** Of a window around a place, so much lies behind it; what is not used there is for what lies before it. */
const AHEAD_SHARE = 0.7;

export interface TranscriptQuery extends Target, WindowPlace {
  only?: "answers" | undefined;
  span?: TranscriptSpan | undefined;
  /** Messages. */
  maxCount: number;
  maxItems?: number;
  /** Of bodies and previews, with some 256 bytes for each item; one item comes even if it is larger. */
  maxBytes: number;
  /** Larger bodies come as a preview. */
  inlineMaxBytes?: number;
  /** A window with a whole turn in it does not begin or end in the middle of another one. */
  endsWithTurns?: boolean;
}

/**
 * A window of a transcript: its end, or what lies before, after or around a place. Deleted messages and parts are left
 * out; parts whose message has not come are there. It costs the same at any place of a session of any size, but for a
 * part that is named without its message. Throws `invalid_input` for what is no place, `not_found` for one that is not
 * in this session, `gone` when the session was deleted or has moved on.
 */
export async function readTranscript(
  { sql }: Database,
  query: TranscriptQuery,
): Promise<TranscriptPage> {
  const { sessionId, generation, span = {} } = query;
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    const [[session]] = await Promise.all([
      tx<{ lastSeq: string }[]>`
        select last_seq as "lastSeq" from sessions
        where id = ${sessionId} and generation = ${generation} and deleted_at is null`,
      keepToKeys(tx),
    ]);
    if (!session)
      throw new AppError("gone", "The session was deleted", { details: { sessionId, generation } });
    const bounds = await readBounds(tx, query, span);
    const around = await findAround(tx, query);
    const { places, before, after, endsInTurn } = bounds
      ? await findWindow(tx, { query, bounds, around })
      : { places: [], before: null, after: null, endsInTurn: false };
    const messageIds = [...new Set(places.map(({ messageId }) => messageId))];
    const [items, holes, firstPromptId] = await Promise.all([
      readItems(tx, query, places),
      readHoles(tx, { ...query, messageIds, maxSeq: span.maxSeq }),
      readFirstPrompt(tx, query, places[0]),
    ]);
    const seq = Math.min(Number(session.lastSeq), span.maxSeq ?? Infinity);
    return {
      items,
      before: before && formatPlace(before),
      after: after && formatPlace(after),
      endsInTurn,
      cursor: { generation, seq },
      holes,
      firstPromptId,
      around: around?.place ? formatPlace(around.place) : null,
    };
  });
}

/** Before and after come first: they are what pages ask for. */
async function findAround(tx: TransactionSql, query: TranscriptQuery): Promise<Around | null> {
  if (query.before !== undefined || query.after !== undefined) return null;
  return resolveAround(tx, query, query.around ?? "end");
}

interface FoundWindow {
  /** In reading order. */
  places: readonly Place[];
  before: TranscriptPlace | null;
  after: TranscriptPlace | null;
  endsInTurn: boolean;
}

interface WindowOptions {
  query: TranscriptQuery;
  bounds: Bounds;
  around: Around | null;
}

async function findWindow(
  tx: TransactionSql,
  { query, bounds, around }: WindowOptions,
): Promise<FoundWindow> {
  const limits = toLimits(query, bounds);
  const from = async (place: string) => getOrderedPlace(tx, query, parsePlace(place));
  if (query.before !== undefined) {
    const at = await from(query.before);
    const found = await findPlaces(tx, { ...limits, direction: "backward", at });
    return { ...inOrder(found), after: found.places[0] ?? null };
  }
  if (query.after !== undefined) {
    const at = await from(query.after);
    const found = await findPlaces(tx, { ...limits, direction: "forward", at });
    return { ...forward(found), before: found.places[0] ?? null };
  }
  if (around === null || around.place === null) {
    if (around?.edge === "start") {
      return forward(await findPlaces(tx, { ...limits, direction: "forward", at: null }));
    }
    return inOrder(await findPlaces(tx, { ...limits, direction: "backward", at: null }));
  }
  return findBothWays(tx, limits, around.place);
}

type Limits = Omit<PlacesQuery, "direction" | "at">;

async function findBothWays(
  tx: TransactionSql,
  limits: Limits,
  at: NonNullable<Around["place"]>,
): Promise<FoundWindow> {
  const ahead = await findPlaces(tx, {
    ...limits,
    ...share(limits, AHEAD_SHARE),
    direction: "forward",
    at,
    isIncluded: true,
  });
  const usedBytes = ahead.places.reduce((sum, { cost }) => sum + cost, 0);
  const back = await findPlaces(tx, {
    ...limits,
    maxCount: Math.max(1, limits.maxCount - new Set(ahead.places.map((p) => p.messageId)).size),
    maxItems: Math.max(1, limits.maxItems - ahead.places.length),
    maxBytes: Math.max(1, limits.maxBytes - usedBytes),
    direction: "backward",
    at,
  });
  const places = [...back.places.toReversed(), ...ahead.places];
  return { ...forward(ahead), places, before: back.end };
}

function toLimits(query: TranscriptQuery, bounds: Bounds): Limits {
  const { sessionId, generation, only, span, inlineMaxBytes = PREVIEW_MAX_BYTES } = query;
  return {
    sessionId,
    generation,
    only,
    bounds,
    inlineMaxBytes,
    maxSeq: span?.maxSeq,
    maxCount: query.maxCount,
    maxItems: query.maxItems ?? Infinity,
    maxBytes: Math.min(query.maxBytes, TRANSCRIPT_PAGE_MAX_BYTES),
    isIncluded: false,
    endsWithTurns: query.endsWithTurns ?? false,
  };
}

const share = ({ maxCount, maxItems, maxBytes }: Limits, part: number) => ({
  maxCount: Math.max(1, Math.ceil(maxCount * part)),
  maxItems: Math.max(1, Math.ceil(maxItems * part)),
  maxBytes: maxBytes * part,
});

function forward({ places, end, isWhole }: FoundPlaces): FoundWindow {
  return { places, before: null, after: end, endsInTurn: !isWhole };
}

function inOrder({ places, end }: FoundPlaces): FoundWindow {
  return { places: places.toReversed(), before: end, after: null, endsInTurn: false };
}

/** Parts are never without their message: a window that begins inside one starts with it. */
async function readItems(
  tx: TransactionSql,
  query: TranscriptQuery,
  places: readonly Place[],
): Promise<WireItem[]> {
  const [first] = places;
  if (!first) return [];
  const rows = await tx<WireItemRow[]>`
    select ${selectWireItem(tx, query.inlineMaxBytes ?? PREVIEW_MAX_BYTES)} from items i
    where i.ctid = any(${places.map((place) => place.rowId)}::text[]::tid[])`;
  const placeOf = new Map(places.map((place, position) => [place.seq, position]));
  const rankOf = (item: WireItem) => placeOf.get(item.seq) ?? -1;
  const items = rows.map(toWireItem).toSorted((one, other) => rankOf(one) - rankOf(other));
  return first.partId === "" ? items : [...(await readHeader(tx, query, first)), ...items];
}

/** The message of a part; in the order of the key, see `getOrderedPlace`. */
async function readHeader(
  tx: TransactionSql,
  { sessionId, generation, inlineMaxBytes = PREVIEW_MAX_BYTES, span }: TranscriptQuery,
  { messageId }: Place,
): Promise<WireItem[]> {
  const inTime = span?.maxSeq === undefined ? tx`` : tx`and i.seq <= ${span.maxSeq}`;
  const rows = await tx<WireItemRow[]>`
    select ${selectWireItem(tx, inlineMaxBytes)} from (
      select * from items
      where (session_id, generation, type, message_id, part_id)
        >= (${sessionId}, ${generation}::integer, 'message', ${messageId}, '')
      order by session_id, generation, type, message_id, part_id limit 1
    ) i
    where i.session_id = ${sessionId} and i.generation = ${generation} and i.type = 'message'
      and i.message_id = ${messageId} and not i.deleted ${inTime}`;
  return rows.map(toWireItem);
}
