import { toolName } from "#server/executions/tool-name.ts";
import type { ElementQueue } from "./element-queue.ts";
import { messageIdOf, partIdOf } from "./item-ids.ts";
import { noTokens, type OpenMessage } from "./open-message.ts";
import type { Part, PartBody, ToolPart, TranscriptMessage } from "./transcript-parts.ts";
import { TranscriptSession } from "./transcript-session.ts";
import { WaitingCalls } from "./waiting-calls.ts";

/** A message that has more than this is told in pieces. */
const HELD_MAX_BYTES = 1024 * 1024;

interface NewMessage {
  /** What it is called where it comes from: the same one makes the same id. */
  key: string;
  role: TranscriptMessage["role"];
  timeMs: number | null;
  agent?: string;
}

interface NewCall {
  callId: string;
  name: string;
  input: unknown;
  timeMs: number | null;
  slot?: number;
}

/**
 * Builds the items of a session out of what a transcript tells, in its order. A message is told when it is closed, with
 * its parts as they are by then; a call of a tool when its result is there.
 */
export class TranscriptItems {
  readonly session: TranscriptSession;
  readonly #queue: ElementQueue;
  readonly #source: string;
  readonly #sessionId: string;
  readonly #calls: WaitingCalls;
  readonly #open = new Set<OpenMessage>();
  /** Of the prompt that answers belong to. */
  #promptId = "";
  #lastMs = 0;

  constructor(queue: ElementQueue, { source, sessionId }: { source: string; sessionId: string }) {
    this.#queue = queue;
    this.#source = source;
    this.#sessionId = sessionId;
    this.session = new TranscriptSession(queue, sessionId);
    this.#calls = new WaitingCalls((part) => this.#tellPart(part));
  }

  /** Where the record that is being read begins: a name for what has none. */
  get offset(): number {
    return this.#queue.place.offset;
  }

  /** A moment in milliseconds; that of the record before where it does not say. */
  readTime(text: unknown): number {
    const ms = typeof text === "string" ? Date.parse(text) : Number.NaN;
    if (Number.isFinite(ms) && ms >= 0) {
      this.#lastMs = ms;
      this.session.noteTime(ms);
    }
    return this.#lastMs;
  }

  open({ key, role, timeMs, agent = this.#source }: NewMessage): OpenMessage {
    const createdMs = timeMs ?? this.#lastMs;
    const id = messageIdOf(this.#source, key, createdMs);
    const info: TranscriptMessage = {
      id,
      sessionID: this.#sessionId,
      role,
      time: { created: createdMs },
      agent,
    };
    if (role === "user") {
      this.#promptId = id;
      info.model = { providerID: "", modelID: "" };
    }
    if (role === "assistant") Object.assign(info, this.#answerFacts(agent));
    const message: OpenMessage = {
      info,
      key,
      parts: [],
      calls: new Map(),
      nextSlot: 0,
      heldBytes: 0,
      countedOffset: -1,
      told: null,
      steps: new Map(),
    };
    this.#open.add(message);
    return message;
  }

  addPart(message: OpenMessage, body: PartBody, slot = message.nextSlot): Part {
    const part = this.#createPart(message, body, slot);
    message.parts.push(part);
    this.#count(message);
    return part;
  }

  addCall(message: OpenMessage, call: NewCall): void {
    const { callId, name, input, timeMs, slot = message.nextSlot } = call;
    const state = {
      status: "running",
      input: toInput(input),
      title: "",
      output: "",
      metadata: {},
      time: { start: timeMs ?? this.#lastMs },
    };
    const body = { type: "tool", callID: callId, tool: toolName({ name }), state };
    const part = this.#createPart(message, body, slot) as ToolPart;
    message.parts.push(part);
    message.calls.set(callId, part);
    this.#calls.add(message, part, this.#queue.place.byteLength);
    // Behind that: a message that is told now leaves a call out that is known to wait.
    this.#count(message);
  }

  /**
   * Gives a call what became of it; false for one that is not known, or no longer. `settle` changes the part in place.
   */
  settleCall(callId: string, settle: (part: ToolPart, message: OpenMessage) => void): boolean {
    const waiting = this.#calls.take(callId);
    if (waiting) {
      settle(waiting.part, waiting.message);
      if (waiting.isDetached) this.#tellPart(waiting.part);
      else this.#count(waiting.message);
      return true;
    }
    for (const message of this.#open) {
      const part = message.calls.get(callId);
      if (!part) continue;
      settle(part, message);
      this.#count(message);
      return true;
    }
    return false;
  }

  /** Adds to a call that is not told yet; false for others. `amend` changes the part in place. */
  amendCall(callId: string, amend: (part: ToolPart) => void): boolean {
    const open = [...this.#open].map(({ calls }) => calls.get(callId)).find(Boolean);
    const part = this.#calls.find(callId) ?? open;
    if (part) amend(part);
    return part !== undefined;
  }

  /** A file that belongs to a part, with ids of its own. */
  createFile(message: OpenMessage, body: PartBody): Part {
    return this.#createPart(message, body, message.nextSlot);
  }

  /** Tells a message and forgets it; calls that wait for their results come when these do. */
  close(message: OpenMessage): void {
    if (!this.#open.delete(message)) return;
    this.#tell(message);
  }

  finish(): void {
    for (const message of this.#open) this.close(message);
    this.#calls.finish();
    this.session.finish();
  }

  #answerFacts(agent: string): Partial<TranscriptMessage> {
    const cwd = this.session.directory;
    return {
      parentID: this.#promptId,
      mode: agent,
      modelID: "",
      providerID: "",
      path: { cwd, root: cwd },
      tokens: noTokens,
    };
  }

  #createPart(message: OpenMessage, body: PartBody, slot: number): Part {
    const { info } = message;
    message.nextSlot = Math.max(message.nextSlot, slot + 1);
    return { id: partIdOf(info.id, slot), messageID: info.id, sessionID: this.#sessionId, ...body };
  }

  /** The record that is being read adds to what the message holds; once, however much of the message it brings. */
  #count(message: OpenMessage): void {
    const { offset, byteLength } = this.#queue.place;
    if (message.countedOffset === offset) return;
    message.countedOffset = offset;
    message.heldBytes += byteLength;
    if (message.heldBytes > HELD_MAX_BYTES) this.#tell(message);
  }

  #tell(message: OpenMessage): void {
    this.session.tellEarly();
    const { info, parts } = message;
    const json = JSON.stringify(info);
    if (json !== message.told)
      this.#queue.add({ type: "message", messageId: info.id, partId: "", value: info });
    message.told = json;
    message.parts = [];
    message.calls.clear();
    message.heldBytes = 0;
    for (const part of parts) if (!this.#calls.detach(part)) this.#tellPart(part);
  }

  #tellPart(part: Part): void {
    const { id: partId, messageID: messageId } = part;
    this.#queue.add({ type: "part", messageId, partId, value: part });
  }
}

const toInput = (input: unknown): Record<string, unknown> =>
  typeof input === "object" && input !== null && !Array.isArray(input)
    ? (input as Record<string, unknown>)
    : { value: input };
