import type { StoredItem } from "./decide-items.ts";
import type { PreparedItem } from "./prepare-item.ts";
import { messageSortKey } from "#lib/message-sort-key.ts";
import { placeholderSortKey, type MessageFacts } from "./read-item-facts.ts";

/** A row of `messages`. */
export interface MessageRow {
  messageId: string;
  role: string | null;
  sortKey: string;
  firstSeq: number;
  turn: number;
  partCount: number;
  bytes: number;
  costUsd: number | null;
  tokens: number | null;
  /** Of an answer. */
  model: string | null;
  deleted: boolean;
}

/** An item that is about to be stored at `seq`. */
export interface ItemChange {
  item: PreparedItem;
  seq: number;
  previous: StoredItem | null;
}

export interface MovedMessage {
  messageId: string;
  sortKey: string;
}

export type MessagePosition = Pick<MessageRow, "sortKey" | "firstSeq">;

export interface MessagePlan {
  /** Rows that are new or changed. */
  rows: MessageRow[];
  /** Messages that found their place after a part of theirs had come. */
  moved: MovedMessage[];
  /** From here on the numbers of turns may be wrong; null when none changed. */
  turnsFrom: MessagePosition | null;
  /** What the session's totals grow by; null where no message said. */
  costUsd: number | null;
  tokens: number | null;
  /** Of the last answer among the changes. */
  model: { name: string; position: MessagePosition } | null;
}

/** What a batch of changes does to the rows of their messages. `stored` holds the rows of all messages concerned. */
export function planMessages(
  changes: readonly ItemChange[],
  stored: readonly MessageRow[],
): MessagePlan {
  const rows = new Map(stored.map((row) => [row.messageId, { ...row }]));
  const changed = new Set<MessageRow>();
  const plan: MessagePlan = {
    rows: [],
    moved: [],
    turnsFrom: null,
    costUsd: null,
    tokens: null,
    model: null,
  };
  for (const change of changes) {
    const { item, seq } = change;
    if (item.type !== "message" && item.type !== "part") continue;
    const row = rows.get(item.messageId) ?? createPlaceholder(item.messageId, seq);
    rows.set(item.messageId, row);
    changed.add(row);
    applySizes(row, change);
    if (item.type === "message") applyMessage(plan, row, change);
  }
  return { ...plan, rows: [...changed] };
}

function createPlaceholder(messageId: string, firstSeq: number): MessageRow {
  return {
    messageId,
    role: null,
    sortKey: placeholderSortKey(firstSeq),
    firstSeq,
    turn: 0,
    partCount: 0,
    bytes: 0,
    costUsd: null,
    tokens: null,
    model: null,
    deleted: false,
  };
}

function applySizes(row: MessageRow, { item, previous }: ItemChange): void {
  row.bytes += item.byteSize - (previous?.byteSize ?? 0);
  if (item.type !== "part") return;
  const wasThere = previous !== null && !previous.deleted;
  row.partCount += Number(!item.deleted) - Number(wasThere);
}

function applyMessage(plan: MessagePlan, row: MessageRow, { item, seq }: ItemChange): void {
  const wasDeleted = row.deleted;
  row.deleted = item.deleted;
  if (item.message === null) {
    if (row.role !== null) markTurns(plan, row);
    return;
  }
  const isComing = row.role === null;
  const isTurned = isComing || wasDeleted || row.role !== item.message.role;
  row.role = item.message.role;
  if (isComing) {
    row.sortKey = messageSortKey(item.message.createdMs, row.messageId);
    if (row.firstSeq !== seq) plan.moved.push({ messageId: row.messageId, sortKey: row.sortKey });
  }
  if (isTurned) markTurns(plan, row);
  addUsage(plan, row, item.message);
  row.model = item.message.role === "assistant" ? item.message.model : null;
  const isLast = plan.model === null || comparePositions(plan.model.position, row) <= 0;
  if (row.model !== null && isLast) {
    plan.model = { name: row.model, position: { sortKey: row.sortKey, firstSeq: row.firstSeq } };
  }
}

/** Adds only what a message has beyond what it said before: money that was spent stays spent. */
function addUsage(plan: MessagePlan, row: MessageRow, { costUsd, tokens }: MessageFacts): void {
  if (costUsd !== null) {
    plan.costUsd = (plan.costUsd ?? 0) + costUsd - (row.costUsd ?? 0);
    row.costUsd = costUsd;
  }
  if (tokens !== null) {
    plan.tokens = (plan.tokens ?? 0) + tokens - (row.tokens ?? 0);
    row.tokens = tokens;
  }
}

function markTurns(plan: MessagePlan, { sortKey, firstSeq }: MessageRow): void {
  if (plan.turnsFrom !== null && comparePositions(plan.turnsFrom, { sortKey, firstSeq }) <= 0)
    return;
  plan.turnsFrom = { sortKey, firstSeq };
}

function comparePositions(one: MessagePosition, other: MessagePosition): number {
  if (one.sortKey === other.sortKey) return one.firstSeq - other.firstSeq;
  return Buffer.compare(Buffer.from(one.sortKey), Buffer.from(other.sortKey));
}
