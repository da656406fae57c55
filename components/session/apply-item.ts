import type { WireItem } from "#lib/live-protocol.ts";
import { messageSortKey } from "#lib/message-sort-key.ts";
import { parseObject, readNumber, readObject, readText, type JsonObject } from "#lib/json.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";
import { textOf, type MessageView, type PartView, type SessionView } from "./session-view.ts";

/** Items whose content the header or nothing shows, but not the transcript. */
const silentTypes: ReadonlySet<string> = new Set([
  "session",
  "session_diff",
  "session_status",
  "model",
]);

/** Takes in one item. What is not newer than what is there changes nothing and gives back the same view. */
export function applyItem(view: SessionView, item: WireItem): SessionView {
  if (item.type === "message") return applyMessage(view, item);
  if (item.messageId !== "") return applyPart(view, item);
  if (silentTypes.has(item.type)) return view;
  return applyOther(view, item);
}

/** Puts a message into its place, in a new view. */
export function withMessage(view: SessionView, message: MessageView): SessionView {
  const others = view.messages.filter((existing) => existing.messageId !== message.messageId);
  let index = others.length;
  while (index > 0 && isBefore(message, others[index - 1])) index -= 1;
  return { ...view, messages: others.toSpliced(index, 0, message) };
}

const createdMsOf = (data: JsonObject | null) => readNumber(readObject(data, "time"), "created");

/** Puts a part into its message, which is made when it has not come yet. */
export function withPart(view: SessionView, part: PartView, firstSeq: number): SessionView {
  const message = findMessage(view, part.messageId) ?? placeholder(part.messageId, firstSeq);
  const others = message.parts.filter((existing) => existing.partId !== part.partId);
  let index = others.length;
  while (index > 0 && part.partId < (others[index - 1]?.partId ?? "")) index -= 1;
  const parts = others.toSpliced(index, 0, part);
  return replaceMessage(view, {
    ...message,
    parts,
    firstSeq: Math.min(message.firstSeq, firstSeq),
  });
}

export function findMessage(view: SessionView, messageId: string): MessageView | undefined {
  return view.messages.findLast((message) => message.messageId === messageId);
}

function applyMessage(view: SessionView, item: WireItem): SessionView {
  const existing = findMessage(view, item.messageId);
  if (existing?.item && existing.item.seq >= item.seq) return view;
  const data = item.deleted ? null : readBody(item);
  const base = existing ?? placeholder(item.messageId, item.firstSeq);
  const next: MessageView = {
    ...base,
    item,
    data,
    deleted: item.deleted,
    role: readText(data, "role") ?? base.role,
    // A later update never moves a message: the key is fixed when the message itself first comes.
    sortKey: base.sortKey ?? messageSortKey(createdMsOf(data), item.messageId),
    firstSeq: Math.min(base.firstSeq, item.firstSeq),
    parts: item.deleted ? [] : base.parts,
  };
  return existing?.sortKey === next.sortKey ? replaceMessage(view, next) : withMessage(view, next);
}

function applyPart(view: SessionView, item: WireItem): SessionView {
  const existing = findMessage(view, item.messageId)?.parts.find(
    (part) => part.partId === item.partId,
  );
  if (existing?.item && existing.item.seq >= item.seq) return view;
  const data = item.deleted ? null : readBody(item);
  const kind = item.type === "part" ? (readText(data, "type") ?? "") : item.type;
  const part: PartView = {
    messageId: item.messageId,
    partId: item.partId,
    kind,
    data,
    item,
    streamed: existing ? textAhead(existing, data) : null,
  };
  return withPart(view, part, item.firstSeq);
}

/**
 * The text that stays on screen although a durable write brought another one: that write was made before the last
 * deltas, or it is empty (rule 46: text that was streamed is never replaced by none). A finished part has the last word.
 */
function textAhead(existing: PartView, data: JsonObject | null): string | null {
  const shown = textOf(existing);
  const durable = readText(data, "text") ?? "";
  const isFinished = readNumber(readObject(data, "time"), "end") !== null;
  if (shown === "" || data === null || data["synthetic"] === true) return null;
  if (durable === "") return shown;
  return !isFinished && shown.length > durable.length && shown.startsWith(durable) ? shown : null;
}

function applyOther(view: SessionView, item: WireItem): SessionView {
  const same = (other: WireItem) => other.type === item.type && other.partId === item.partId;
  const existing = view.others.find(same);
  if (existing && existing.seq >= item.seq) return view;
  const others = view.others.filter((other) => !same(other));
  return { ...view, others: item.deleted ? others : [...others, item] };
}

function readBody(item: WireItem): JsonObject | null {
  if (item.body !== null) return parseObject(item.body);
  return item.preview === null ? null : parseCutJson(item.preview);
}

function placeholder(messageId: string, firstSeq: number): MessageView {
  return {
    messageId,
    role: null,
    sortKey: null,
    firstSeq,
    data: null,
    deleted: false,
    parts: [],
    item: null,
  };
}

function replaceMessage(view: SessionView, message: MessageView): SessionView {
  const index = view.messages.findLastIndex(({ messageId }) => messageId === message.messageId);
  if (index === -1) return withMessage(view, message);
  return { ...view, messages: view.messages.with(index, message) };
}

function isBefore(message: MessageView, other: MessageView | undefined): boolean {
  if (other === undefined || message.sortKey === other.sortKey) {
    return other !== undefined && message.firstSeq < other.firstSeq;
  }
  if (message.sortKey === null) return false;
  return other.sortKey === null || message.sortKey < other.sortKey;
}
