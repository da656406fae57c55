import { SOCKET_BUFFER_MAX_BYTES } from "#lib/limits.ts";
import type { Cursor, LiveError, Topic } from "#lib/live-protocol.ts";
import type { EventFrame } from "./event-frame.ts";

/** Half of what a socket may hold: volatile events stop here, everything stops at the whole. */
const VOLATILE_BUFFER_MAX_BYTES = SOCKET_BUFFER_MAX_BYTES / 2;

/** One viewer's connection, whatever carries it. */
export interface Subscriber {
  /** `onSent`, when given, is called once the frame has left the process or the connection is gone. */
  send(frame: EventFrame, onSent?: () => void): void;
  /** Bytes that wait in this process for the viewer. */
  bufferedBytes(): number;
  /** Sends the error; ends the subscription to `error.topic`, or the whole connection when that is null. */
  fail(error: LiveError): void;
}

/** One viewer of one topic. */
export class Subscription {
  readonly topic: Topic;
  readonly subscriber: Subscriber;
  /** What the viewer has; null when nothing yet. */
  cursor: Cursor | null;
  /**
   * `waiting` for the state, which is the first event of all; then `history`, where items come in pages of the
   * viewer's own; then `live`, the same frames as everybody.
   */
  phase: "waiting" | "history" | "live" | "ended" = "waiting";
  /** Grows when history begins anew, so that an older reading of it stops. */
  historyRun = 0;

  constructor(topic: Topic, subscriber: Subscriber, cursor: Cursor | null) {
    this.topic = topic;
    this.subscriber = subscriber;
    this.cursor = cursor;
  }

  get hasEnded() {
    return this.phase === "ended";
  }

  /**
   * Sends what this viewer needs of a frame that goes to all. A viewer with too much unread loses volatile events
   * first; then this answers false and sent nothing.
   */
  deliver(frame: EventFrame): boolean {
    if (this.phase === "waiting" || this.phase === "ended") return true;
    let needed =
      this.phase === "history" ? frame.withoutItems() : frame.after(this.cursor?.seq ?? 0);
    const bufferedBytes = this.subscriber.bufferedBytes();
    if (bufferedBytes > VOLATILE_BUFFER_MAX_BYTES) needed = needed.withoutVolatile();
    if (needed.events.length === 0) return true;
    if (bufferedBytes > SOCKET_BUFFER_MAX_BYTES) return false;
    this.send(needed);
    return true;
  }

  send(frame: EventFrame) {
    this.#advance(frame);
    this.subscriber.send(frame);
  }

  /** Resolves when the frame has left this process: how the reading of history is paced by its reader. */
  sendAndWait(frame: EventFrame): Promise<void> {
    this.#advance(frame);
    return new Promise((resolve) => this.subscriber.send(frame, resolve));
  }

  #advance(frame: EventFrame) {
    if (this.cursor !== null && frame.lastSeq > this.cursor.seq) this.cursor.seq = frame.lastSeq;
  }
}
