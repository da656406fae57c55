import type { LiveError, ServerFrame, Topic } from "#lib/live-protocol.ts";
import { ConnectionStore } from "./connection-state.ts";
import type { LiveClientOptions, TopicHandlers } from "./live-client.ts";
import { openEventStreams } from "./open-event-streams.ts";
import { openSocket, type CreateSocket } from "./open-socket.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { TopicFollower } from "./topic-follower.ts";
import type { Transport, TransportHandlers } from "./transport.ts";
import { watchPage } from "./watch-page.ts";

const SILENCE_MS = 50_000;
const OPEN_TIMEOUT_MS = 10_000;
/** A connection that was live for less did not prove that the next one will be. */
const PROVEN_MS = 5_000;
/** The first probe is early: a socket may have failed only because the server was starting. */
const FIRST_PROBE_MS = 5_000;
const PROBE_INTERVAL_MS = 60_000;

interface Subscription {
  follower: TopicFollower;
  handlers: TopicHandlers;
}

/**
 * Keeps one connection alive as long as there are subscriptions. Every connection has a number; whatever a replaced
 * one still says is not heard.
 */
export class LiveConnection {
  readonly state = new ConnectionStore();
  readonly #options: LiveClientOptions;
  readonly #subscriptions = new Map<Topic, Subscription>();
  /** Unsubscribes that the server has not answered: until then, a topic's frames belong to its old subscription. */
  readonly #unanswered = new Map<Topic, number>();
  readonly #stopWatching: () => void;
  #number = 0;
  #transport: Transport | null = null;
  #kind: TransportKind = "socket";
  #isOpen = false;
  /** Something was heard: until then, being open means nothing. */
  #isHeard = false;
  #failureCount = 0;
  /** In a row, of either kind since a socket last opened: they take turns, and a failed socket's comes at once. */
  #blockedCount = 0;
  #liveSinceMs = Infinity;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #probeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.#stopWatching = (options.watchReturn ?? watchPage)(() => this.#reconnectNow());
  }

  subscribe(topic: Topic, handlers: TopicHandlers): () => void {
    if (this.#subscriptions.has(topic))
      throw new Error(`There is a subscription to ${topic} already`);
    const subscription = { follower: new TopicFollower(handlers.cursor), handlers };
    this.#subscriptions.set(topic, subscription);
    if (this.#isOpen) this.#sendSubscribe(topic, subscription);
    else if (this.#transport === null && this.#retryTimer === undefined) void this.#connect();
    this.#showProgress();
    return () => {
      if (this.#subscriptions.get(topic) === subscription) this.#unsubscribe(topic);
    };
  }

  retryNow() {
    if (this.state.get().status === "offline") this.#reconnectNow();
  }

  close() {
    this.#stopWatching();
    this.#subscriptions.clear();
    this.#drop();
  }

  #unsubscribe(topic: Topic) {
    this.#subscriptions.delete(topic);
    if (this.#isOpen) {
      this.#unanswered.set(topic, (this.#unanswered.get(topic) ?? 0) + 1);
      this.#transport?.send({ type: "unsubscribe", topic });
    }
    this.#showProgress();
  }

  /** The page is back: whatever the connection seems to be, it is made again, and without delay. */
  #reconnectNow() {
    if (this.#subscriptions.size === 0) return;
    this.#failureCount = 0;
    void this.#connect();
  }

  async #connect() {
    this.#drop();
    const number = ++this.#number;
    const kind = (this.#kind = this.#nextKind());
    this.#expectWord(OPEN_TIMEOUT_MS);
    try {
      const { fetchTicket } = this.#options;
      const ticket = kind === "socket" && fetchTicket ? await fetchTicket() : null;
      if (number !== this.#number) return;
      this.#transport = this.#open(kind, ticket, this.#handlersOf(number));
    } catch {
      // No ticket or an address that no socket takes: as good as a connection that never opened.
      if (number === this.#number) this.#lose();
    }
  }

  #handlersOf(number: number): TransportHandlers {
    const ifCurrent =
      <Arguments extends unknown[]>(handle: (...values: Arguments) => void) =>
      (...values: Arguments) => {
        if (number === this.#number) handle(...values);
      };
    return {
      onOpen: ifCurrent(() => this.#onOpen()),
      onFrame: ifCurrent((frame: ServerFrame) => this.#onFrame(frame)),
      onClosed: ifCurrent(() => this.#lose()),
    };
  }

  #onOpen() {
    this.#isOpen = true;
    if (this.#kind === "socket") this.#blockedCount = 0;
    else this.#probeTimer = setTimeout(() => this.#probeSocket(), FIRST_PROBE_MS);
    for (const [topic, subscription] of this.#subscriptions)
      this.#sendSubscribe(topic, subscription);
    this.#expectWord(this.#options.silenceMs ?? SILENCE_MS);
  }

  #onFrame(frame: ServerFrame) {
    this.#isHeard = true;
    this.#expectWord(this.#options.silenceMs ?? SILENCE_MS);
    switch (frame.type) {
      case "ping":
        return;
      case "unsubscribed":
        return this.#onUnsubscribed(frame.topic);
      case "error":
        return this.#onError(frame);
      case "events": {
        const subscription = this.#subscriptions.get(frame.topic);
        if (subscription === undefined || this.#unanswered.has(frame.topic)) return;
        const news = subscription.follower.take(frame.events);
        this.#showProgress();
        if (news.length > 0) subscription.handlers.onEvents(news);
      }
    }
  }

  #onUnsubscribed(topic: Topic) {
    const count = (this.#unanswered.get(topic) ?? 0) - 1;
    if (count > 0) this.#unanswered.set(topic, count);
    else this.#unanswered.delete(topic);
  }

  #onError(error: LiveError) {
    if (error.code === "resume" || error.code === "unavailable") return this.#lose();
    const { topic } = error;
    if (topic !== null && this.#unanswered.has(topic)) return;
    const ended = [...this.#subscriptions].filter(([each]) => topic === null || each === topic);
    for (const [each] of ended) this.#subscriptions.delete(each);
    if (topic === null) this.#drop();
    if (topic === null) this.state.set({ status: "offline", behind: 0 });
    else this.#showProgress();
    for (const [, { handlers }] of ended) handlers.onError(error);
  }

  #sendSubscribe(topic: Topic, { follower }: Subscription) {
    follower.connect();
    this.#transport?.send({ type: "subscribe", topic, cursor: follower.cursor });
  }

  #lose() {
    const wasProven = performance.now() - this.#liveSinceMs >= PROVEN_MS;
    if (!this.#isOpen || this.#kind === "event-stream") this.#blockedCount += 1;
    this.#drop();
    if (this.#subscriptions.size === 0) return this.state.set({ status: "connecting", behind: 0 });
    // The first socket that does not open says nothing about the network yet: the page is still connecting.
    if (this.#blockedCount === 1 && this.#kind === "socket") return void this.#connect();
    this.state.set({ status: "offline", behind: 0 });
    this.#failureCount = wasProven ? 1 : this.#failureCount + 1;
    this.#retryTimer = setTimeout(() => void this.#connect(), retryDelayMs(this.#failureCount));
  }

  /** Forgets the connection; what it still says is not heard. */
  #drop() {
    this.#number += 1;
    this.#isOpen = false;
    this.#isHeard = false;
    this.#liveSinceMs = Infinity;
    this.#unanswered.clear();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#probeTimer);
    this.#retryTimer = undefined;
    const transport = this.#transport;
    this.#transport = null;
    transport?.close();
  }

  #expectWord(withinMs: number) {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#lose(), withinMs);
  }

  #showProgress() {
    if (!this.#isHeard) return;
    let behind = 0;
    let isCaughtUp = true;
    for (const { follower } of this.#subscriptions.values()) {
      behind += follower.behind;
      isCaughtUp &&= follower.isCaughtUp;
    }
    if (isCaughtUp) this.#liveSinceMs = Math.min(this.#liveSinceMs, performance.now());
    this.state.set({ status: isCaughtUp ? "live" : "catching-up", behind, transport: this.#kind });
  }

  #nextKind(): TransportKind {
    return this.#blockedCount % 2 === 1 ? "event-stream" : "socket";
  }

  #open(kind: TransportKind, ticket: string | null, handlers: TransportHandlers): Transport {
    const { url, createSocket = createBrowserSocket, fetchTicket = null } = this.#options;
    if (kind === "socket") return openSocket({ url, ticket, createSocket, handlers });
    return openEventStreams({ baseUrl: url.replace(/^ws/, "http"), fetchTicket, handlers });
  }

  /** Whether sockets get through by now; they are better. */
  #probeSocket() {
    const number = this.#number;
    const { url, createSocket = createBrowserSocket } = this.#options;
    const probe = openSocket({
      url,
      ticket: null,
      createSocket,
      handlers: {
        onOpen: () => {
          probe.close();
          if (number !== this.#number) return;
          this.#blockedCount = 0;
          this.#reconnectNow();
        },
        onFrame: () => {},
        onClosed: () => {
          if (number !== this.#number) return;
          this.#probeTimer = setTimeout(() => this.#probeSocket(), PROBE_INTERVAL_MS);
        },
      },
    });
  }
}

type TransportKind = "socket" | "event-stream";

const createBrowserSocket: CreateSocket = (url, protocols) => new WebSocket(url, protocols);
