import { isRecord } from "#lib/is-record.ts";
import { type JsonObject, readList, readNumber, readObject, readText } from "#lib/json.ts";
import { noteUsage, type OpenMessage } from "../open-message.ts";
import type { TranscriptReader } from "../transcript-format.ts";
import type { TranscriptItems } from "../transcript-items.ts";
import { noticePart, type PartBody, type ToolPart } from "../transcript-parts.ts";
import { readParts, readResult, readShown } from "./gemini-content.ts";

/**
 * Places within an answer: it is written anew whenever it grows, and what was there before keeps its place. Thoughts come
 * first, calls last.
 */
const TEXT_SLOT = 100_000;
const CALL_SLOT = 200_000;

const severities: Readonly<Record<string, string>> = { error: "error", warning: "warning" };

/** Reads what Gemini CLI writes to `~/.gemini/tmp`: messages, each as it was last, and changes of the whole. */
export class GeminiReader implements TranscriptReader {
  readonly #items: TranscriptItems;
  /** The message that was read last: it may come again with more. */
  #last: JsonObject | null = null;

  constructor(items: TranscriptItems) {
    this.#items = items;
  }

  read(record: JsonObject): void {
    const patch = record["$set"];
    if (isRecord(patch)) return this.#readPatch(patch);
    const rewindTo = readText(record, "$rewindTo");
    if (rewindTo !== null) return this.#rewind(rewindTo);
    if (readText(record, "projectHash") !== null) return this.#readPatch(record);
    this.#readMessage(record);
  }

  finish(): void {
    this.#tellLast();
  }

  /** What is said of the session; messages in it are all that the model was left with, and were told before or come now. */
  #readPatch(patch: JsonObject): void {
    const { session } = this.#items;
    this.#items.readTime(patch["startTime"]);
    this.#items.readTime(patch["lastUpdated"]);
    session.noteTitle(readText(patch, "summary"), "summary");
    const [directory] = readList(patch, "directories");
    session.noteDirectory(typeof directory === "string" ? directory : null);
    for (const message of readList(patch, "messages").filter(isRecord)) this.#readMessage(message);
  }

  #readMessage(message: JsonObject): void {
    const before = this.#last;
    // First of all: it is told even where the one before cannot be.
    this.#last = message;
    if (before !== null && before["id"] !== message["id"]) this.#tellMessage(before);
  }

  #tellLast(): void {
    const message = this.#last;
    this.#last = null;
    if (message !== null) this.#tellMessage(message);
  }

  #tellMessage(message: JsonObject): void {
    const timeMs = this.#items.readTime(message["timestamp"]);
    const key = readText(message, "id") ?? `@${this.#items.offset}`;
    if (message["type"] === "gemini") return this.#addAnswer(message, key, timeMs);
    if (message["type"] === "user") return this.#addPrompt(message, key, timeMs);
    this.#addNotice(message, key, timeMs);
  }

  #addPrompt(message: JsonObject, key: string, timeMs: number): void {
    const parts = readParts(message["content"]);
    const shown = readParts(message["displayContent"]);
    // What the program made of it goes to the model; the person has typed less.
    const isTyped = ({ type }: PartBody) => type === "text";
    const isShown = shown.some(isTyped);
    const typed = (isShown ? shown : parts).find(isTyped);
    const text = readText(typed, "text") ?? "";
    this.#items.session.noteTitle(text, isBare(text) ? "command" : "prompt");
    const prompt = this.#items.open({ key, role: "user", timeMs });
    const hide = (part: PartBody, isHidden: boolean): PartBody =>
      isHidden ? { ...part, [isTyped(part) ? "synthetic" : "ignored"]: true } : part;
    for (const part of shown) this.#items.addPart(prompt, hide(part, !isShown));
    for (const part of parts) this.#items.addPart(prompt, hide(part, isShown));
    this.#items.close(prompt);
  }

  #addNotice(message: JsonObject, key: string, timeMs: number): void {
    const type = readText(message, "type") ?? "";
    const text = readParts(message["content"])
      .map((part) => part["text"])
      .filter((part) => typeof part === "string")
      .join("\n");
    const isNotice = type === "info" || type in severities;
    const notice = this.#items.open({ key, role: "system", timeMs });
    this.#items.addPart(
      notice,
      isNotice
        ? noticePart(severities[type] ?? "info", text)
        : { type: "update", kind: type, data: message },
    );
    this.#items.close(notice);
  }

  #addAnswer(message: JsonObject, key: string, timeMs: number): void {
    const answer = this.#items.open({ key, role: "assistant", timeMs });
    answer.info.modelID = readText(message, "model") ?? "";
    answer.info.providerID = "google";
    noteTokens(answer, readObject(message, "tokens"));
    readList(message, "thoughts")
      .filter(isRecord)
      .forEach((thought, n) => this.#items.addPart(answer, toReasoning(thought), n));
    readParts(message["content"]).forEach((part, n) =>
      this.#items.addPart(answer, withTime(part, timeMs), TEXT_SLOT + n),
    );
    const calls = readList(message, "toolCalls").filter(isRecord);
    calls.forEach((call, n) => this.#addCall(answer, call, { timeMs, slot: CALL_SLOT + n }));
    this.#items.close(answer);
  }

  #addCall(
    answer: OpenMessage,
    call: JsonObject,
    { timeMs, slot }: { timeMs: number; slot: number },
  ): void {
    const callId = readText(call, "id") ?? `${answer.key}/${slot}`;
    const name = readText(call, "name") ?? "tool";
    this.#items.addCall(answer, { callId, name, input: call["args"] ?? {}, timeMs, slot });
    if (!endStatuses.has(readText(call, "status") ?? "")) return;
    const endMs = this.#items.readTime(call["timestamp"]);
    this.#items.settleCall(callId, (part) => {
      const files = settle(part, call, endMs);
      if (files.length > 0)
        part.state.attachments = files.map((file) => this.#items.createFile(answer, file));
    });
    answer.info.time.completed = endMs;
  }

  /** What was said behind that message was taken back: it was said, and stays. */
  #rewind(messageId: string): void {
    this.#tellLast();
    const key = `${messageId}@${this.#items.offset}`;
    const notice = this.#items.open({ key, role: "system", timeMs: null });
    this.#items.addPart(notice, noticePart("info", "The person went back to an earlier message"));
    this.#items.close(notice);
  }
}

/** A command, or what the program itself told the model. */
const isBare = (text: string) => /^\/\S+$/.test(text.trim()) || text.startsWith("System: ");

const endStatuses = new Set(["success", "error", "cancelled"]);

function settle({ state }: ToolPart, call: JsonObject, endMs: number): PartBody[] {
  const { text, files } = readResult(call);
  const isDone = call["status"] === "success";
  state.status = isDone ? "completed" : "error";
  state.output = text;
  if (!isDone) state.error = text || "The call was cancelled";
  state.time.end = endMs;
  Object.assign(state.metadata, readShown(call));
  return files;
}

function toReasoning(thought: JsonObject): PartBody {
  const subject = readText(thought, "subject");
  const description = readText(thought, "description");
  const at = Date.parse(readText(thought, "timestamp") ?? "");
  const text = [subject && `**${subject}**`, description].filter(Boolean).join("\n\n");
  return { type: "reasoning", text, ...(Number.isFinite(at) && { time: { start: at } }) };
}

const withTime = (part: PartBody, timeMs: number): PartBody =>
  part.type === "text" ? { ...part, time: { start: timeMs, end: timeMs } } : part;

function noteTokens(answer: OpenMessage, tokens: JsonObject): void {
  const count = (name: string) => readNumber(tokens, name) ?? 0;
  const read = count("cached");
  noteUsage(answer, "", {
    input: Math.max(0, count("input") - read) + count("tool"),
    output: count("output"),
    reasoning: count("thoughts"),
    cache: { read, write: 0 },
  });
}
