import type { LiveEvent, Topic } from "#lib/live-protocol.ts";

/** One event, serialised once for all viewers. */
export interface FrameEvent {
  json: string;
  /** `item` moves the cursor, `volatile` may be lost, `notice` is neither. */
  kind: "item" | "volatile" | "notice";
  /** Position of an item, else 0. */
  seq: number;
  /** An unsent event with the same key is superseded by this one; null when it stands for itself. */
  supersedes: string | null;
  /** What a reader of server-sent events resumes from; null where the cursor does not move. */
  resumeId: string | null;
}

/** Serialises an event. `generation` is the one of the topic's session, 0 where there is none. */
export function toFrameEvent(event: LiveEvent, generation: number): FrameEvent {
  const base = { json: JSON.stringify(event), seq: 0, supersedes: null, resumeId: null };
  switch (event.type) {
    case "item":
      return { ...base, kind: "item", seq: event.seq, resumeId: `${generation}-${event.seq}` };
    case "caught-up":
      return { ...base, kind: "notice", resumeId: `${event.generation}-${event.seq}` };
    case "preparing":
      return { ...base, kind: "volatile", supersedes: `preparing ${event.step.step}` };
    case "delta":
      return { ...base, kind: "volatile" };
    case "output":
      return { ...base, kind: "volatile", supersedes: `output ${event.outputId}` };
    case "phase":
      return { ...base, kind: "volatile", supersedes: `phase ${event.executionId}` };
    case "state":
      return { ...base, kind: "notice", supersedes: "state" };
    default:
      return { ...base, kind: "notice" };
  }
}

/**
 * Events that leave together. Each encoding is made at most once and its bytes are shared by all sockets; so are
 * the two variants that many viewers need.
 */
export class EventFrame {
  readonly topic: Topic;
  readonly events: readonly FrameEvent[];
  /** Smallest and greatest position of its items; `Infinity` and 0 when it has none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  #webSocketFrame: Buffer | null = null;
  #eventStreamBytes: Buffer | null = null;
  #withoutVolatile: EventFrame | null = null;
  #withoutItems: EventFrame | null = null;

  constructor(topic: Topic, events: readonly FrameEvent[]) {
    this.topic = topic;
    this.events = events;
    const positions = events.filter(({ kind }) => kind === "item").map(({ seq }) => seq);
    this.firstSeq = positions[0] ?? Infinity;
    this.lastSeq = positions.at(-1) ?? 0;
  }

  /** A `ServerFrame` of type `events` as a whole WebSocket message, head included. */
  get webSocketFrame(): Buffer {
    if (this.#webSocketFrame === null) {
      const events = this.events.map(({ json }) => json).join(",");
      this.#webSocketFrame = toTextMessage(
        `{"type":"events","topic":${JSON.stringify(this.topic)},"events":[${events}]}`,
      );
    }
    return this.#webSocketFrame;
  }

  /** Server-sent events, one for each event; only those that move the cursor have an `id`. */
  get eventStreamBytes(): Buffer {
    if (this.#eventStreamBytes === null) {
      const text = this.events.map(({ json, resumeId }) =>
        resumeId === null ? `data: ${json}\n\n` : `id: ${resumeId}\ndata: ${json}\n\n`,
      );
      this.#eventStreamBytes = Buffer.from(text.join(""));
    }
    return this.#eventStreamBytes;
  }

  /** For a viewer who cannot keep up. */
  withoutVolatile(): EventFrame {
    this.#withoutVolatile ??= this.#keep(({ kind }) => kind !== "volatile");
    return this.#withoutVolatile;
  }

  /** For a viewer who still reads history: items come from there. */
  withoutItems(): EventFrame {
    this.#withoutItems ??= this.#keep(({ kind }) => kind !== "item");
    return this.#withoutItems;
  }

  /** For a viewer who has just finished history that overlaps. */
  after(seq: number): EventFrame {
    if (this.firstSeq > seq) return this;
    return this.#keep((event) => event.kind !== "item" || event.seq > seq);
  }

  #keep(isKept: (event: FrameEvent) => boolean): EventFrame {
    const kept = this.events.filter(isKept);
    return kept.length === this.events.length ? this : new EventFrame(this.topic, kept);
  }
}

const FINAL_TEXT = 0x81;

/** An unmasked, unfragmented text message (RFC 6455, section 5.2). */
function toTextMessage(text: string): Buffer {
  const byteLength = Buffer.byteLength(text);
  const headLength = byteLength < 126 ? 2 : byteLength < 65_536 ? 4 : 10;
  const message = Buffer.allocUnsafe(headLength + byteLength);
  message[0] = FINAL_TEXT;
  if (headLength === 2) {
    message[1] = byteLength;
  } else if (headLength === 4) {
    message[1] = 126;
    message.writeUInt16BE(byteLength, 2);
  } else {
    message[1] = 127;
    message.writeBigUInt64BE(BigInt(byteLength), 2);
  }
  message.write(text, headLength);
  return message;
}
