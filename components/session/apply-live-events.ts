import type {
  DeltaEvent,
  ItemEvent,
  LiveEvent,
  ProgressEvent,
  StateEvent,
} from "#lib/live-protocol.ts";
import { applyItem, findMessage, withMessage, withPart } from "./apply-item.ts";
import { applyPreparing, newerPreparation } from "./apply-preparing.ts";
import { textOf, type PartView, type SessionView } from "./session-view.ts";
import { isBeyondWindow, isOutsideWindow } from "./loaded-window.ts";
import type { SessionState } from "#lib/session-state.ts";

/** Text that was only streamed so far has no position: whatever is stored stands before it. */
const NOT_STORED_SEQ = Number.MAX_SAFE_INTEGER;

/** Applies what came over the socket, in order. Gives back the same view when nothing was news. */
export function applyLiveEvents(view: SessionView, events: readonly LiveEvent[]): SessionView {
  return events.reduce(applyLiveEvent, view);
}

function applyLiveEvent(view: SessionView, event: LiveEvent): SessionView {
  switch (event.type) {
    case "state":
      return applyState(view, event);
    case "item":
      return withSeq(applyLiveItem(view, event), event.seq);
    case "moved":
      return applyMoved(view, event.messageId, event.sortKey);
    case "caught-up":
      return event.generation === view.cursor.generation ? withSeq(view, event.seq) : view;
    case "reset":
      // Of the same generation after a restored backup: what is on screen is ahead of the log.
      return event.generation >= view.cursor.generation ? emptied(view, event.generation) : view;
    case "preparing":
      return event.generation === view.state.generation
        ? withPreparation(view, applyPreparing(view.state.preparation, event))
        : view;
    case "delta":
      return applyDelta(view, event);
    case "progress":
      return event.generation === view.state.generation ? withProgress(view, event) : view;
    // How outputs grow is kept by itself: the transcript is not drawn again for it.
    case "output":
    case "phase":
    case "session-changed":
    case "batch":
    case "batch-lines":
      return view;
  }
}

/** What lies outside of what is loaded is counted, and read when somebody goes there. */
function applyLiveItem(view: SessionView, { item }: ItemEvent): SessionView {
  if (!isOutsideWindow(view, item)) return applyItem(view, item);
  const isNew = item.firstSeq === item.seq && !item.deleted;
  if (!isNew || !isBeyondWindow(view)) return view;
  const messageCount = item.type === "message" ? 1 : 0;
  return {
    ...view,
    beyondCount: view.beyondCount + 1,
    beyondMessageCount: view.beyondMessageCount + messageCount,
  };
}

/** Only items and the end of history move the cursor, and only forward. */
function withSeq(view: SessionView, seq: number): SessionView {
  if (seq <= view.cursor.seq) return view;
  return { ...view, cursor: { ...view.cursor, seq } };
}

function emptied(view: SessionView, generation: number): SessionView {
  return {
    ...view,
    cursor: { generation, seq: 0 },
    messages: [],
    others: [],
    progress: {},
    before: null,
    after: null,
    endsInTurn: false,
    firstPromptId: null,
    beyondCount: 0,
    beyondMessageCount: 0,
  };
}

function applyState(view: SessionView, { state }: StateEvent): SessionView {
  if (state.generation < view.state.generation) return view;
  if (state.generation > view.state.generation) return { ...view, state };
  if (state.revision < view.state.revision) return view;
  const preparation = newerPreparation(view.state.preparation, state.preparation);
  const next: SessionView = { ...view, state: { ...state, preparation } };
  return state.status === "working" ? next : settled(next);
}

function withPreparation(view: SessionView, preparation: SessionState["preparation"]): SessionView {
  if (preparation === view.state.preparation) return view;
  return { ...view, state: { ...view.state, preparation } };
}

function withProgress(view: SessionView, event: ProgressEvent): SessionView {
  return { ...view, progress: { ...view.progress, [event.uploadId]: event } };
}

function applyMoved(view: SessionView, messageId: string, sortKey: string): SessionView {
  const message = findMessage(view, messageId);
  if (!message || message.sortKey === sortKey) return view;
  return withMessage(view, { ...message, sortKey });
}

/** Text that is not exactly the continuation of what is there waits for the next durable write. */
function applyDelta(view: SessionView, event: DeltaEvent): SessionView {
  const message = findMessage(view, event.messageId);
  if (message?.deleted || isOutsideWindow(view, { ...event, type: "part" })) return view;
  const part = message?.parts.find(({ partId }) => partId === event.partId) ?? newPart(event);
  const text = textOf(part);
  if (part.item?.deleted || text.length !== event.offset) return view;
  return withPart(view, { ...part, streamed: text + event.text }, NOT_STORED_SEQ);
}

function newPart({ messageId, partId, partType }: DeltaEvent): PartView {
  return { messageId, partId, kind: partType, data: null, streamed: null, item: null };
}

/** Between turns nothing is under way: durable text counts, streamed text stays only where there is no other. */
function settled(view: SessionView): SessionView {
  const isAhead = (part: PartView) =>
    part.streamed !== null && typeof part.data?.["text"] === "string" && part.data["text"] !== "";
  if (!view.messages.some(({ parts }) => parts.some(isAhead))) return view;
  const messages = view.messages.map((message) => {
    if (!message.parts.some(isAhead)) return message;
    const parts = message.parts.map((part) => (isAhead(part) ? { ...part, streamed: null } : part));
    return { ...message, parts };
  });
  return { ...view, messages };
}
