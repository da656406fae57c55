import type { Cursor, ProgressEvent, WireItem } from "#lib/live-protocol.ts";
import type { SessionState } from "#lib/session-state.ts";
import type { JsonObject } from "#lib/json.ts";

/** A part as the transcript shows it. A new object whenever something in it changed, else the same one. */
export interface PartView {
  messageId: string;
  partId: string;
  /**
   * `text`, `reasoning`, `tool`, … or a kind that we do not know; empty when the body could not be read; `hole` for one
   * that was refused, whose data is what is known of that.
   */
  kind: string;
  /** The body, or as much of it as the preview of a large one holds; null when it is not a JSON object. */
  data: JsonObject | null;
  /** Text that is ahead of the last durable write; null when that one is all there is. */
  streamed: string | null;
  /** Null until the first durable write. */
  item: WireItem | null;
}

export interface MessageView {
  messageId: string;
  /** `user`, `assistant`, or what the source says; null while only parts of it have come. */
  role: string | null;
  /** Null while only parts of it have come: such a message stands at the end. */
  sortKey: string | null;
  /** Position of the first thing that came of it. */
  firstSeq: number;
  data: JsonObject | null;
  deleted: boolean;
  /** In the order of their ids. */
  parts: readonly PartView[];
  item: WireItem | null;
}

/**
 * Everything that is known of the session on screen: what the server rendered, then every live event applied to it.
 * Nothing in here is changed in place, and nothing depends on the connection.
 */
export interface SessionView {
  state: SessionState;
  /** What a new connection continues from; never goes back within a generation. */
  cursor: Cursor;
  /** In transcript order. */
  messages: readonly MessageView[];
  /** Items that belong to no message and that no other part of the page shows. */
  others: readonly WireItem[];
  /** How far running uploads are, by their ids; what has ended is told by `state`. */
  progress: Readonly<Record<string, ProgressEvent>>;
  /** Where the part of the transcript that is loaded begins; null at the beginning of it all. */
  before: string | null;
  /** Where it ends; null at the end of it all. */
  after: string | null;
  /** The last turn that is loaded goes on after it. */
  endsInTurn: boolean;
  /** The prompt that the first message belongs to, where it is not a prompt itself. */
  firstPromptId: string | null;
  /** Things that came since and lie outside of what is loaded. */
  beyondCount: number;
  /** How many of these are messages. */
  beyondMessageCount: number;
}

/** The text of a part, streamed or durable; empty when it has none. */
export function textOf(part: PartView): string {
  const text = part.streamed ?? part.data?.["text"];
  return typeof text === "string" ? text : "";
}
