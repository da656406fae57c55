import type { LiveError, LiveEvent, Topic, WireItem } from "#lib/live-protocol.ts";
import type { SessionState } from "#lib/session-state.ts";
import type { BusMessage, VolatileEvent } from "../bus-message.ts";
import type { EventFrame } from "../event-frame.ts";
import type { ItemsPage, ItemsQuery, LiveReaders, SessionReading } from "../live-readers.ts";
import type { Subscriber } from "../subscription.ts";

export const SESSION_ID = "ses_0000000000000000000000test";
export const TOPIC: Topic = `session:${SESSION_ID}`;

export function makeItem(seq: number, partId = `part-${seq}`): WireItem {
  const body = JSON.stringify({ seq });
  return {
    type: "part",
    messageId: "msg",
    partId,
    firstSeq: seq,
    seq,
    body,
    byteSize: body.length,
    preview: null,
    deleted: false,
  };
}

export function makeState(generation = 1, revision = 1): SessionState {
  return {
    sessionId: SESSION_ID,
    generation,
    revision,
    status: "working",
    title: "A session",
    repository: "owner/name",
    baseBranch: null,
    workBranch: null,
    agentId: "builtin",
    agentVersion: null,
    model: null,
    agentSettings: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    shelf: "open",
    isPinned: false,
    readyAt: null,
    turnStartedAt: null,
    turnEndedAt: null,
    interruptRequestedAt: null,
    permissions: "allow",
    requests: [],
    silentSince: null,
    profileName: null,
    proposal: null,
    message: null,
    hasWorkspace: true,
    uploads: [],
    slotPosition: null,
    costUsd: null,
    tokens: null,
    skippedItemCount: 0,
    outputs: { count: 0, seq: 0 },
    preparation: null,
    prompts: [],
  };
}

export function makeDelta(offset: number, text: string): VolatileEvent {
  return { type: "delta", messageId: "msg", partId: "streaming", partType: "text", offset, text };
}

/** One session's committed rows, and a bus that tells of them when it is asked to. */
export class MemorySession implements LiveReaders {
  state = makeState();
  items: WireItem[] = [];
  lastSeq = 0;
  exists = true;
  moved: ItemsPage["moved"] = [];
  itemReadCount = 0;
  stateReadCount = 0;
  /** Called before each reading; a test that waits in it decides when rows are seen. */
  beforeRead: () => Promise<void> = async () => {};
  /** Items of one page, at most. */
  pageSize = 256;
  readonly #listeners = new Set<(message: BusMessage) => void>();
  readonly #lostListeners = new Set<() => void>();
  readonly #reconnectListeners = new Set<() => void>();

  readonly bus = {
    subscribe: (listener: (message: BusMessage) => void) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
    onLost: (listener: () => void) => {
      this.#lostListeners.add(listener);
      return () => void this.#lostListeners.delete(listener);
    },
    onReconnect: (listener: () => void) => {
      this.#reconnectListeners.add(listener);
      return () => void this.#reconnectListeners.delete(listener);
    },
  };

  /** Commits a new value of a part, which supersedes its older one; returns the news of it. */
  commitItem(partId?: string): BusMessage {
    const seq = ++this.lastSeq;
    const item = makeItem(seq, partId);
    this.items = [...this.items.filter((other) => other.partId !== item.partId), item];
    return { kind: "items", sessionId: SESSION_ID, generation: this.state.generation, seq };
  }

  commitState(change: Partial<SessionState> = {}): BusMessage {
    this.state = { ...this.state, ...change, revision: this.state.revision + 1 };
    return { kind: "state", sessionId: SESSION_ID, teamId: "team" };
  }

  /** Deletes everything and begins the next generation. */
  commitGeneration(): BusMessage {
    this.items = [];
    this.lastSeq = 0;
    return this.commitState({ generation: this.state.generation + 1 });
  }

  tell(message: BusMessage) {
    for (const listener of this.#listeners) listener(message);
  }

  tellVolatile(event: VolatileEvent) {
    this.tell({ kind: "volatile", origin: "p", sessionId: SESSION_ID, events: [event] });
  }

  loseBus() {
    for (const listener of this.#lostListeners) listener();
  }

  reconnect() {
    for (const listener of this.#reconnectListeners) listener();
  }

  readState = async (): Promise<SessionReading | null> => {
    this.stateReadCount += 1;
    const { state, lastSeq } = this;
    const reading = this.exists ? { state, lastSeq, updatedAt: state.createdAt } : null;
    await this.beforeRead();
    return reading;
  };

  /** Sees the rows as they are when it is called, however long the answer takes. */
  readItemsAfter = async ({ generation, afterSeq, maxCount }: ItemsQuery): Promise<ItemsPage> => {
    this.itemReadCount += 1;
    const after = this.items.filter(({ seq }) => seq > afterSeq);
    const isCurrent = generation === this.state.generation;
    const page = isCurrent ? after.slice(0, Math.min(maxCount, this.pageSize)) : [];
    const done = !isCurrent || page.length === after.length;
    await this.beforeRead();
    return { items: page, done, moved: this.moved };
  };
}

/** Keeps what it is sent. While it is stuck, nothing leaves its buffer. */
export class MemorySubscriber implements Subscriber {
  readonly events: LiveEvent[] = [];
  readonly frames: EventFrame[] = [];
  error: LiveError | null = null;
  isStuck = false;
  buffered = 0;
  maxBuffered = 0;
  readonly #waiting: (() => void)[] = [];

  send(frame: EventFrame, onSent?: () => void) {
    this.frames.push(frame);
    for (const { json } of frame.events) this.events.push(JSON.parse(json) as LiveEvent);
    if (!this.isStuck) return onSent?.();
    this.buffered += frame.webSocketFrame.byteLength;
    this.maxBuffered = Math.max(this.maxBuffered, this.buffered);
    if (onSent !== undefined) this.#waiting.push(onSent);
  }

  bufferedBytes() {
    return this.buffered;
  }

  fail(error: LiveError) {
    this.error = error;
  }

  /** Everything that waited has left. */
  drain() {
    this.buffered = 0;
    for (const onSent of this.#waiting.splice(0)) onSent();
  }

  types() {
    return this.events.map(({ type }) => type);
  }

  itemSeqs() {
    return this.events.filter((event) => event.type === "item").map(({ seq }) => seq);
  }
}
