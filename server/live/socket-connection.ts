import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { ClientFrame, Cursor, LiveError, Topic } from "#lib/live-protocol.ts";
import { isAppError } from "#lib/errors.ts";
import { parseClientFrame } from "./client-frame.ts";
import type { EventFrame } from "./event-frame.ts";
import type { LiveHub } from "./hub.ts";
import { liveError } from "./live-error.ts";
import type { Subscriber } from "./subscription.ts";

const TOPICS_MAX = 32;
/** Frames of a client that wait for their turn: what a page sends at once when it connects again, and some. */
const FRAMES_WAITING_MAX = 2 * TOPICS_MAX;

/** Close codes; the error frame before them says what happened. */
const CLOSE_CODES: Record<LiveError["code"], number> = {
  resume: 1013,
  unavailable: 1013,
  unauthorized: 4401,
  not_found: 4404,
  gone: 4410,
  invalid_input: 1008,
};

export interface SocketServices {
  hub: LiveHub;
  authorize(topic: Topic): Promise<"ok" | "not_found">;
}

/** One WebSocket: its topics, and the frames it sends, which are answered in order. */
export class SocketConnection implements Subscriber {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #services: SocketServices;
  readonly #unsubscribes = new Map<Topic, () => void>();
  #work: Promise<void> = Promise.resolve();
  #waitingCount = 0;

  /** `stream` is what the socket was upgraded from. */
  constructor(socket: WebSocket, stream: Duplex, services: SocketServices) {
    this.#socket = socket;
    this.#stream = stream;
    this.#services = services;
  }

  /**
   * Writes past `ws`, which would make a head for every viewer: whole messages may be written between its own, as it
   * neither compresses nor fragments here.
   */
  send(frame: EventFrame, onSent?: () => void) {
    if (this.#isOpen()) this.#stream.write(frame.webSocketFrame, onSent && (() => onSent()));
    else onSent?.();
  }

  bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  fail(error: LiveError) {
    this.#sendFrame(error);
    if (error.topic !== null) return void this.#unsubscribes.delete(error.topic);
    this.#leaveAll();
    this.#socket.close(CLOSE_CODES[error.code], error.code);
  }

  /** The socket is closed. */
  onClosed() {
    this.#leaveAll();
  }

  onText(text: string) {
    if (this.#waitingCount >= FRAMES_WAITING_MAX) return this.fail(liveError("invalid_input"));
    this.#waitingCount += 1;
    this.#work = this.#work
      .then(() => this.#answer(text))
      .catch((error: unknown) => {
        const isTheirs = isAppError(error) && error.code === "invalid_input";
        this.fail(liveError(isTheirs ? "invalid_input" : "resume"));
      })
      .finally(() => (this.#waitingCount -= 1));
  }

  async #answer(text: string) {
    if (!this.#isOpen()) return;
    const frame: ClientFrame = parseClientFrame(text);
    if (frame.type === "subscribe") return this.#subscribe(frame.topic, frame.cursor ?? null);
    this.#leave(frame.topic);
    this.#sendFrame({ type: "unsubscribed", topic: frame.topic });
  }

  async #subscribe(topic: Topic, cursor: Cursor | null) {
    this.#leave(topic);
    if (this.#unsubscribes.size >= TOPICS_MAX) return this.fail(liveError("invalid_input"));
    const answer = await this.#services.authorize(topic);
    if (!this.#isOpen()) return;
    if (answer === "not_found") return this.fail(liveError("not_found", topic));
    this.#unsubscribes.set(topic, this.#services.hub.subscribe(topic, this, cursor));
  }

  #leave(topic: Topic) {
    this.#unsubscribes.get(topic)?.();
    this.#unsubscribes.delete(topic);
  }

  #leaveAll() {
    for (const unsubscribe of this.#unsubscribes.values()) unsubscribe();
    this.#unsubscribes.clear();
  }

  #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  #sendFrame(frame: object) {
    if (this.#isOpen()) this.#socket.send(JSON.stringify(frame));
  }
}
