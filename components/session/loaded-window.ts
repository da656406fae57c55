import type { WireItem } from "#lib/live-protocol.ts";
import { messageSortKey } from "#lib/message-sort-key.ts";
import type { TranscriptHole, TranscriptPage } from "#lib/transcript.ts";
import type { SessionState } from "#lib/session-state.ts";
import { applyItem, findMessage, withPart } from "./apply-item.ts";
import { parseObject, readNumber, readObject } from "#lib/json.ts";
import type { MessageView, SessionView } from "./session-view.ts";

/** The view as the server rendered it. */
export function createSessionView(state: SessionState, page: TranscriptPage): SessionView {
  const empty = { state, cursor: page.cursor, others: [], progress: {} };
  return withPage({ ...empty, ...emptyWindow }, page);
}

const emptyWindow = {
  messages: [],
  before: null,
  after: null,
  endsInTurn: false,
  firstPromptId: null,
  beyondCount: 0,
  beyondMessageCount: 0,
} satisfies Partial<SessionView>;

/** Only the window of the page is loaded; state and progress stay, and so does a cursor that is ahead of the page. */
export function withPage(view: SessionView, page: TranscriptPage): SessionView {
  const { generation, seq } = view.cursor;
  if (page.cursor.generation !== generation) return view;
  const cursor = { generation, seq: Math.max(seq, page.cursor.seq) };
  const { before, after, endsInTurn, firstPromptId } = page;
  const edges = { before, after, endsInTurn, firstPromptId, ...beyondOf(view, after) };
  return withItems({ ...view, messages: [], ...edges, cursor }, page);
}

/** Adds the page that ends where the loaded window begins. The cursor stays: what is live lies after it. */
export function withEarlierPage(view: SessionView, page: TranscriptPage): SessionView {
  if (page.cursor.generation !== view.cursor.generation) return view;
  const { before, firstPromptId } = page;
  const promptId = firstPromptId ?? view.firstPromptId;
  return { ...withItems(view, page), before, firstPromptId: promptId };
}

/** Adds the page that begins where the loaded window ends. */
export function withLaterPage(view: SessionView, page: TranscriptPage): SessionView {
  if (page.cursor.generation !== view.cursor.generation) return view;
  const { after, endsInTurn } = page;
  return { ...withItems(view, page), after, endsInTurn, ...beyondOf(view, after) };
}

/** Where the end is loaded, nothing lies beyond it. */
function beyondOf({ beyondCount, beyondMessageCount }: SessionView, after: string | null) {
  return after === null
    ? { beyondCount: 0, beyondMessageCount: 0 }
    : { beyondCount, beyondMessageCount };
}

function withItems(view: SessionView, { items, holes }: TranscriptPage): SessionView {
  return holes.reduce(withHole, items.reduce(applyItem, view));
}

/** What was refused stands as a part where it would be, unless it has come after all. */
function withHole(view: SessionView, hole: TranscriptHole): SessionView {
  const { messageId, partId, byteSize, reason } = hole;
  const message = findMessage(view, messageId);
  const isThere = message?.parts.some((part) => part.partId === (partId ?? ""));
  if (!message || isThere || (partId === null && message.item !== null)) return view;
  const data = { byteSize, reason };
  const part = { messageId, partId: partId ?? "", kind: "hole", data, streamed: null, item: null };
  return withPart(view, part, message.firstSeq);
}

type LiveItem = Pick<WireItem, "type" | "messageId"> &
  Partial<Pick<WireItem, "partId" | "firstSeq" | "body">>;

/** Whether an item stands before or after what is loaded, so that it is not kept. */
export function isOutsideWindow(view: SessionView, item: LiveItem): boolean {
  if (item.messageId === "" || (view.before === null && view.after === null)) return false;
  const message = findMessage(view, item.messageId);
  if (message) return item.type === "part" && isCutOff(view, item);
  if (item.type === "message") return isMessageOutside(view, item);
  // A part whose message is not loaded: one from before the page was read belongs to a message that is elsewhere.
  return view.after !== null || (item.firstSeq ?? Infinity) <= view.cursor.seq;
}

/** What is outside has come after the end of what is loaded, for all that is known. */
export const isBeyondWindow = (view: SessionView) => view.after !== null;

function isCutOff({ before, after }: SessionView, { messageId, partId = "" }: LiveItem): boolean {
  const cutOf = (place: string | null) =>
    place?.startsWith(`${messageId}/`) === true ? place.slice(messageId.length + 1) : null;
  const firstId = cutOf(before);
  const lastId = cutOf(after);
  return (firstId !== null && partId < firstId) || (lastId !== null && partId > lastId);
}

function isMessageOutside(
  { messages, before, after }: SessionView,
  { messageId, body = null, firstSeq = 0 }: LiveItem,
): boolean {
  const data = body === null ? null : parseObject(body);
  const createdMs = readNumber(readObject(data, "time"), "created");
  const sortKey = messageSortKey(createdMs, messageId);
  const isBefore = (other: MessageView) =>
    other.sortKey === null ||
    sortKey < other.sortKey ||
    (sortKey === other.sortKey && firstSeq < other.firstSeq);
  const first = messages[0];
  const last = messages.at(-1);
  if (before !== null && first && isBefore(first)) return true;
  return after !== null && (!last || !isBefore(last));
}
