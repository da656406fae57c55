/**
 * The live protocol, version 1: what travels over `/api/v1/live` (WebSocket, JSON text frames) and, event by event,
 * over `/api/v1/sessions/:id/events` and `/api/v1/batches/:id/events` (server-sent events). Nothing is parsed here: the server reads what
 * clients send with `server/live/client-frame.ts`. `docs/live-protocol.md` tells the whole story.
 */
import type { Batch, BatchUse } from "./batch.ts";
import type { LineRun } from "./line-states.ts";
import type { Output } from "./output.ts";
import type { StepState } from "./preparation.ts";
import type { SessionState, SessionStatus } from "./session-state.ts";
import type { Shelf } from "./shelf.ts";
import type { UploadCounts } from "./upload.ts";

/** What a client offers and a server selects: name and version of the protocol. */
export const LIVE_SUBPROTOCOL = "millrace.live.1";

/** A position in a session's change log. A cursor of another generation is answered with `reset`. */
export interface Cursor {
  generation: number;
  seq: number;
}

/**
 * `session:<id>` carries everything of one session; `sessions:<team id>` carries status and title changes, ids only;
 * `batch:<id>` carries how a batch and its lines do.
 */
export type Topic = `session:${string}` | `sessions:${string}` | `batch:${string}`;

/** What a client sends. */
export type ClientFrame =
  | { type: "subscribe"; topic: Topic; cursor?: Cursor | null }
  | { type: "unsubscribe"; topic: Topic };

/** What a server sends: a frame holds everything that happened on a topic since the last one, in order. */
export type ServerFrame =
  | { type: "events"; topic: Topic; events: LiveEvent[] }
  /** Answers `unsubscribe`: whatever follows on the topic belongs to a later subscription. */
  | { type: "unsubscribed"; topic: Topic }
  /** Every 25 s; a client that hears nothing for twice as long connects again. */
  | { type: "ping" }
  /** Precedes every close, so that nobody has to guess from a close code. */
  | LiveError;

export interface LiveError {
  type: "error";
  /** `resume`: connect again with the cursor. The others are final until something changes. */
  code: "resume" | "unauthorized" | "not_found" | "gone" | "invalid_input" | "unavailable";
  message: string;
  /** The subscription that it is about; null when the whole connection ends. */
  topic: Topic | null;
}

/** Only `item` moves the cursor; the last three are of a team's topic and of a batch's. */
export type LiveEvent =
  | StateEvent
  | ItemEvent
  | MovedEvent
  | CaughtUpEvent
  | ResetEvent
  | PreparingEvent
  | DeltaEvent
  | ProgressEvent
  | OutputEvent
  | PhaseEvent
  | SessionChangedEvent
  | BatchEvent
  | BatchLinesEvent;

/** First event of every subscription, and again whenever the session's row or prompts change. */
export interface StateEvent {
  type: "state";
  state: SessionState;
  /** Position of the last item written: what is missing between it and the cursor is how far behind a client is. */
  lastSeq: number;
}

/** One item as last stored. Positions ascend; gaps are superseded values. */
export interface ItemEvent {
  type: "item";
  seq: number;
  item: WireItem;
}

export interface WireItem {
  /** `message`, `part`, `session_diff`, … or a type that we do not know. */
  type: string;
  /** Empty where the type has none. */
  messageId: string;
  partId: string;
  firstSeq: number;
  seq: number;
  /** The body's JSON text as stored; null when it is deleted or too large for a socket. */
  body: string | null;
  /** UTF-8 bytes of the body, wherever it is. */
  byteSize: number;
  /** The start of a body that is not sent whole; get the rest from `/api/v1/sessions/:id/items/:seq/body`. */
  preview: string | null;
  deleted: boolean;
}

/** A message found its place: a part had come before it. */
export interface MovedEvent {
  type: "moved";
  messageId: string;
  sortKey: string;
}

/**
 * History is delivered up to `seq`; what follows is live. In the topics of teams and batches both numbers are 0. In a
 * team's, which has no history, it means: something may have been missed, read the list again.
 */
export interface CaughtUpEvent {
  type: "caught-up";
  generation: number;
  seq: number;
}

/** The cursor belongs to another generation: forget everything, history follows from its beginning. */
export interface ResetEvent {
  type: "reset";
  generation: number;
}

/** Volatile: one step's latest state. Older revisions and earlier attempts are ignored. */
export interface PreparingEvent {
  type: "preparing";
  generation: number;
  attempt: number;
  revision: number;
  step: StepState;
}

/**
 * Volatile: text that was added to a part since its last durable write. It applies only where the field is exactly
 * `offset` UTF-16 units long; otherwise the next durable write of the part brings everything.
 */
export interface DeltaEvent {
  type: "delta";
  messageId: string;
  partId: string;
  /** Kind of a part that has no durable write yet. */
  partType: "text" | "reasoning";
  offset: number;
  text: string;
}

/**
 * Volatile: how far an upload is; the session's state tells when it begins and ends. `attempt` is 0 while it still
 * arrives: then `counts` are of what is readable already.
 */
export interface ProgressEvent {
  type: "progress";
  generation: number;
  uploadId: string;
  attempt: number;
  counts: UploadCounts;
  /** Of the upload as far as it was received: with an encoding, more bytes are decoded from it. */
  bytes: number;
  /** Decoded, since this attempt began. */
  bytesPerSecond: number;
}

/** Volatile: how an output grows; the session's state tells when outputs begin and end. */
export interface OutputEvent extends Pick<
  Output,
  "generation" | "outputId" | "executionId" | "port" | "source" | "mode" | "mime" | "name"
> {
  type: "output";
  /** So many can be read now. */
  bytes: number;
  /** Since it began. */
  bytesPerSecond: number;
}

/** Volatile: what an execution says that it does; of interest until the next one. */
export interface PhaseEvent {
  type: "phase";
  generation: number;
  executionId: string;
  message: string;
  /** From 0 to 1; null where it does not say. */
  progress: number | null;
}

/** In a team's topic: read the session again when it is on screen. */
export interface SessionChangedEvent {
  type: "session-changed";
  sessionId: string;
  /** `deleted` comes with an empty title. */
  status: SessionStatus | "deleted";
  title: string;
  shelf: Shelf;
  isPinned: boolean;
  /** Position of its last item. */
  lastSeq: number;
  updatedAt: string;
}

/** First event in a batch's topic, and again whenever something about the batch changed. The counts are exact. */
export interface BatchEvent {
  type: "batch";
  batch: Batch;
  use: BatchUse;
}

/**
 * In a batch's topic: the states of some lines, with ascending indexes; of others nothing changed. Until `caught-up` it
 * is what they are, afterwards what they became.
 */
export interface BatchLinesEvent {
  type: "batch-lines";
  lines: LineRun[];
}
