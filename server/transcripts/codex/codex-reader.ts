import { type JsonObject, readList, readObject, readText } from "#lib/json.ts";
import type { OpenMessage } from "../open-message.ts";
import type { TranscriptReader } from "../transcript-format.ts";
import type { TranscriptItems } from "../transcript-items.ts";
import { filePart, hiddenText, type PartBody } from "../transcript-parts.ts";
import { CodexCalls } from "./codex-calls.ts";
import { isContext, readContent, readReasoning, readRequest } from "./codex-content.ts";
import { CodexEvents } from "./codex-events.ts";
import { Echoes } from "./echoes.ts";
import { TokenCounts } from "./token-counts.ts";

const quietItems = new Set(["compaction", "compaction_summary", "ghost_snapshot"]);

/**
 * Reads what Codex writes to `~/.codex/sessions`: items of the conversation with its model, and events, many of which say
 * the same once more. Records have no ids: each is called by the place where it stands, which later ones do not change.
 */
export class CodexReader implements TranscriptReader {
  readonly #items: TranscriptItems;
  readonly #calls: CodexCalls;
  readonly #events: CodexEvents;
  readonly #echoes = new Echoes();
  readonly #tokens = new TokenCounts();
  #id = "";
  #model = "";
  #provider = "openai";
  #answer: OpenMessage | null = null;
  /** A call of the answer has its result: what the model says next is another answer. */
  #hasResult = false;

  constructor(items: TranscriptItems) {
    this.#items = items;
    const place = {
      answer: () => this.#modelAnswer(),
      tell: (part: PartBody) => this.#tell(part),
    };
    this.#calls = new CodexCalls(items, place);
    this.#events = new CodexEvents(items, this.#calls, {
      tell: place.tell,
      stop: (reason) => this.#stop(reason),
    });
  }

  read(record: JsonObject): void {
    const timeMs = this.#items.readTime(record["timestamp"]);
    const payload = readObject(record, "payload");
    switch (record["type"]) {
      case "session_meta":
        return this.#noteSession(payload);
      case "turn_context":
        this.#model = readText(payload, "model") ?? this.#model;
        return this.#items.session.noteDirectory(readText(payload, "cwd"));
      case "response_item":
        return this.#readItem(payload, timeMs);
      case "event_msg":
        return this.#readEvent(payload, timeMs);
      case "compacted":
        return this.#tell({
          type: "compaction",
          auto: true,
          compactionId: `@${this.#items.offset}`,
          status: "completed",
          summary: readText(payload, "message") ?? "",
        });
      default:
        return this.#tell({ type: "update", kind: readText(record, "type") ?? "", data: record });
    }
  }

  finish(): void {
    this.#closeAnswer();
  }

  /** The first one counts: a session that was begun from another one carries that one's, too. */
  #noteSession(payload: JsonObject): void {
    if (this.#id !== "") return;
    this.#id = readText(payload, "id") ?? "";
    this.#provider = readText(payload, "model_provider") ?? this.#provider;
    const git = readObject(payload, "git");
    const { session } = this.#items;
    session.noteDirectory(readText(payload, "cwd"));
    const agent = readObject(readObject(payload, "source"), "subagent");
    session.note({
      version: readText(payload, "cli_version"),
      branch: readText(git, "branch"),
      origin: readText(git, "repository_url"),
      parentId: readText(readObject(agent, "thread_spawn"), "parent_thread_id"),
    });
    const instructions = readText(payload, "instructions");
    if (instructions !== null) this.#tell(hiddenText(instructions));
  }

  #readItem(item: JsonObject, timeMs: number): void {
    const type = readText(item, "type") ?? "";
    if (type === "message") return this.#readMessage(item, timeMs);
    if (type === "reasoning") return this.#addReasoning(readReasoning(item), timeMs, "item");
    const isResult = type.endsWith("_output");
    if (isResult) this.#hasResult = true;
    if (this.#calls.read(item, timeMs)) return;
    const isQuiet = quietItems.has(type);
    this.#tell({ type: "update", kind: type, data: item, ...(isQuiet && { ignored: true }) });
  }

  #readMessage(item: JsonObject, timeMs: number): void {
    const parts = readContent(item["content"]);
    if (item["role"] === "assistant") {
      for (const part of parts) this.#addSaid(part, timeMs, "item");
      return;
    }
    const isPrompt = item["role"] === "user" && !parts.every(({ text }) => isContext(textOf(text)));
    if (isPrompt) return this.#addPrompt(parts, timeMs, "item");
    for (const part of parts) this.#tell({ ...part, synthetic: true });
  }

  #addPrompt(parts: readonly PartBody[], timeMs: number, teller: string): void {
    const texts = parts.flatMap(({ text }) => (typeof text === "string" ? [text] : []));
    const isRepeat = texts.map((text) => this.#echoes.isRepeat("prompt", text, teller));
    if (isRepeat.includes(true)) return;
    this.#closeAnswer();
    this.#items.session.noteTitle(readRequest(texts.join("\n")), "prompt");
    const message = this.#items.open({ key: this.#key(), role: "user", timeMs });
    for (const part of parts)
      this.#items.addPart(message, {
        ...part,
        ...(isContext(textOf(part["text"])) && { synthetic: true }),
      });
    this.#items.close(message);
  }

  #addSaid(part: PartBody, timeMs: number, teller: string): void {
    const { text } = part;
    if (typeof text === "string" && this.#echoes.isRepeat("said", text, teller)) return;
    const time = { start: timeMs, end: timeMs };
    this.#items.addPart(this.#modelAnswer(), { ...part, ...(part.type === "text" && { time }) });
  }

  #addReasoning(texts: readonly string[], timeMs: number, teller: string): void {
    for (const text of texts) {
      if (this.#echoes.isRepeat("reasoning", text, teller)) continue;
      const time = { start: timeMs };
      this.#items.addPart(this.#modelAnswer(), { type: "reasoning", text, time });
    }
  }

  #readEvent(event: JsonObject, timeMs: number): void {
    const message = readText(event, "message");
    const text = readText(event, "text");
    switch (event["type"]) {
      case "agent_message":
        if (message !== null) this.#addSaid({ type: "text", text: message }, timeMs, "event");
        return;
      case "agent_reasoning":
      case "agent_reasoning_raw_content":
        if (text !== null) this.#addReasoning([text], timeMs, "event");
        return;
      case "user_message":
        return this.#readPromptEvent(event, timeMs);
      case "token_count":
        return this.#tokens.read(event, this.#answer);
      default:
        return this.#events.read(event, timeMs);
    }
  }

  #readPromptEvent(event: JsonObject, timeMs: number): void {
    const text = readText(event, "message");
    const images = readList(event, "images").filter((url) => typeof url === "string");
    const files = images.map((url) => filePart("image/png", url));
    if (text !== null) this.#addPrompt([{ type: "text", text }, ...files], timeMs, "event");
  }

  #tell(part: PartBody): void {
    if (this.#answer !== null) {
      this.#items.addPart(this.#answer, part);
      return;
    }
    const message = this.#items.open({ key: this.#key(), role: "system", timeMs: null });
    this.#items.addPart(message, part);
    this.#items.close(message);
  }

  /** The answer that what the model says now, or calls, belongs to. */
  #modelAnswer(): OpenMessage {
    if (this.#hasResult) this.#closeAnswer();
    this.#answer ??= this.#open();
    const { info } = this.#answer;
    info.modelID = this.#model;
    info.providerID = this.#provider;
    info.time.completed = this.#items.readTime(null);
    return this.#answer;
  }

  #open(): OpenMessage {
    const answer = this.#items.open({ key: this.#key(), role: "assistant", timeMs: null });
    this.#tokens.begin(answer);
    this.#hasResult = false;
    return answer;
  }

  #stop(reason: string): void {
    if (this.#answer) {
      this.#answer.info.error = { name: "MessageAbortedError", data: { message: reason } };
    }
    this.#closeAnswer();
  }

  #closeAnswer(): void {
    if (this.#answer) this.#items.close(this.#answer);
    this.#answer = null;
    this.#hasResult = false;
  }

  #key = () => `${this.#id}@${this.#items.offset}`;
}

const textOf = (text: unknown) => (typeof text === "string" ? text : "");
