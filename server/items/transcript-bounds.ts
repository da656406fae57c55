import { AppError } from "#lib/errors.ts";
import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { placeholderSortKey } from "./read-item-facts.ts";
import type { TranscriptPlace } from "./transcript-place.ts";

/** Where a message stands: by `sortKey`, then by arrival. */
export interface MessageOrder {
  sortKey: string;
  firstSeq: string;
}

/** A place whose message was found. */
export interface OrderedPlace extends TranscriptPlace, MessageOrder {}

/** What of a session is read; the whole of it when nothing is said. */
export interface TranscriptSpan {
  /** Prompts of the first and the last turn. Messages before the first prompt belong to no turn. */
  fromMessageId?: string | undefined;
  toMessageId?: string | undefined;
  /** The prompt that once stood behind the last turn: where it is, the last turn ends, whatever became of it. */
  endMessageId?: string | undefined;
  /** What was written later is not there, also where it replaced something that was. */
  maxSeq?: number | undefined;
}

export interface Target {
  sessionId: string;
  generation: number;
}

/** Messages from the first on and before the second; null for no bound. */
export interface Bounds {
  from: MessageOrder | null;
  to: MessageOrder | null;
}

/** Throws `not_found` when no such message was ever stored here. One that was deleted keeps its place. */
export async function getOrderedPlace(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  place: TranscriptPlace,
): Promise<OrderedPlace> {
  const order = await findOrder(tx, { sessionId, generation }, place.messageId);
  if (!order) throw missingPlace();
  return { ...place, ...order };
}

async function findOrder(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  messageId: string,
): Promise<MessageOrder | undefined> {
  // In the order of the key: before the table is analysed PostgreSQL takes a session for one row, and walks over it all.
  const [row] = await tx<MessageOrder[]>`
    select sort_key as "sortKey", first_seq as "firstSeq" from (
      select message_id, sort_key, first_seq from messages
      where (session_id, generation, message_id)
        >= (${sessionId}, ${generation}::integer, ${messageId}) and session_id = ${sessionId}
        and generation = ${generation}
      order by session_id, generation, message_id limit 1
    ) first
    where message_id = ${messageId}`;
  return row;
}

/** The prompt of a turn; null when there are fewer. */
export async function findTurn(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  turn: number,
): Promise<OrderedPlace | null> {
  const [row] = await tx<Omit<OrderedPlace, "partId">[]>`
    select message_id as "messageId", sort_key as "sortKey", first_seq as "firstSeq" from messages
    where session_id = ${sessionId} and generation = ${generation} and role = 'user' and not deleted
    order by sort_key, first_seq limit 1 offset ${turn - 1}`;
  return row ? { ...row, partId: "" } : null;
}

/**
 * A span in messages; null when it begins or ends with a message that was never stored here, which leaves nothing. A
 * prompt that was deleted bounds turns as before. What waits for its message may be of the next prompt: it belongs to no
 * last turn.
 */
export async function readBounds(
  tx: TransactionSql,
  target: Target,
  { fromMessageId, toMessageId, endMessageId }: TranscriptSpan,
): Promise<Bounds | null> {
  const from = fromMessageId === undefined ? null : await findOrder(tx, target, fromMessageId);
  const last = toMessageId === undefined ? null : await findOrder(tx, target, toMessageId);
  if (from === undefined || last === undefined) return null;
  const next = last && ((await findPromptBehind(tx, target, last)) ?? WAITING);
  const end = endMessageId === undefined ? null : await findOrder(tx, target, endMessageId);
  return { from, to: end && (next === null || isBefore(end, next)) ? end : next };
}

/** From here on stand the parts whose message has not come. */
const WAITING: MessageOrder = { sortKey: placeholderSortKey(0), firstSeq: "0" };

const isBefore = (one: MessageOrder, other: MessageOrder): boolean => {
  if (one.sortKey === other.sortKey) return Number(one.firstSeq) < Number(other.firstSeq);
  return Buffer.compare(Buffer.from(one.sortKey), Buffer.from(other.sortKey)) < 0;
};

/** The next prompt, also one that was deleted. */
async function findPromptBehind(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  { sortKey, firstSeq }: MessageOrder,
): Promise<MessageOrder | null> {
  const [row] = await tx<MessageOrder[]>`
    select sort_key as "sortKey", first_seq as "firstSeq" from messages
    where session_id = ${sessionId} and generation = ${generation} and role = 'user'
      and (sort_key, first_seq) > (${sortKey}, ${firstSeq}::bigint)
    order by sort_key, first_seq limit 1`;
  return row ?? null;
}

/** A condition for `messages` under the given name. */
export function isWithin(tx: TransactionSql, { from, to }: Bounds): Fragment {
  return tx`
    ${from === null ? tx`` : tx`and (sort_key, first_seq) >= (${from.sortKey}, ${from.firstSeq}::bigint)`}
    ${to === null ? tx`` : tx`and (sort_key, first_seq) < (${to.sortKey}, ${to.firstSeq}::bigint)`}`;
}

export const missingPlace = () =>
  new AppError("not_found", "There is no such place in this session");
