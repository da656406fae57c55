import { type JsonObject, readObject, readText } from "#lib/json.ts";
import type { OpenMessage } from "../open-message.ts";
import type { TranscriptItems } from "../transcript-items.ts";
import { dataUrl, filePart, type PartBody } from "../transcript-parts.ts";
import { readArguments, readOutput, readPatches } from "./codex-content.ts";

interface Place {
  /** The answer that the call belongs to. */
  answer(): OpenMessage;
  tell(part: PartBody): void;
}

interface Call {
  callId: string;
  name: string;
  input: unknown;
}

/** Calls of tools and what came of them. */
export class CodexCalls {
  readonly #items: TranscriptItems;
  readonly #place: Place;

  constructor(items: TranscriptItems, place: Place) {
    this.#items = items;
    this.#place = place;
  }

  /** False for an item that is nothing of the kind. */
  read(item: JsonObject, timeMs: number): boolean {
    const type = readText(item, "type") ?? "";
    if (type.endsWith("_output")) return this.#settle(item, timeMs);
    const call = this.#readCall(item, type);
    if (call === null) return false;
    this.#items.addCall(this.#place.answer(), { ...call, timeMs });
    if (isDone(type)) this.#finish(item, call, timeMs);
    return true;
  }

  /** What a patch has changed: of a call, or by itself where the call is not known. */
  addPatches(event: JsonObject, timeMs: number): void {
    const files = readPatches(readObject(event, "changes"));
    const callId = readText(event, "call_id") ?? this.#ownId();
    const isKnown = this.#items.amendCall(callId, ({ state }) => (state.metadata["files"] = files));
    if (isKnown) return;
    const answer = this.#place.answer();
    this.#items.addCall(answer, { callId, name: "apply_patch", input: {}, timeMs });
    this.#items.settleCall(callId, ({ state }) => {
      const isFailed = event["success"] === false;
      state.status = isFailed ? "error" : "completed";
      const [first, second] = isFailed
        ? (["stderr", "stdout"] as const)
        : (["stdout", "stderr"] as const);
      state.output = readText(event, first) ?? readText(event, second) ?? "";
      if (isFailed) state.error = state.output || "The patch was not applied";
      state.metadata["files"] = files;
      state.time.end = timeMs;
    });
  }

  #readCall(item: JsonObject, type: string): Call | null {
    const callId = readText(item, "call_id") ?? readText(item, "id") ?? this.#ownId();
    const name = readText(item, "name");
    switch (type) {
      case "function_call":
        return { callId, name: name ?? "tool", input: readArguments(item["arguments"]) };
      case "custom_tool_call":
        return { callId, name: name ?? "tool", input: { input: item["input"] ?? "" } };
      case "local_shell_call":
        return { callId, name: "local_shell", input: readObject(item, "action") };
      case "web_search_call":
        return { callId, name: "websearch", input: readObject(item, "action") };
      case "image_generation_call":
        return { callId, name: "imagegen", input: { prompt: item["revised_prompt"] ?? "" } };
      default:
        return null;
    }
  }

  #settle(item: JsonObject, timeMs: number): boolean {
    const { text, files, exitCode, durationMs, isFailed } = readOutput(item["output"]);
    return this.#items.settleCall(readText(item, "call_id") ?? "", ({ state }, message) => {
      state.status = isFailed ? "error" : "completed";
      state.output = text;
      if (isFailed) state.error = text || "The tool failed";
      if (exitCode !== null) state.metadata["exitCode"] = exitCode;
      state.time.end = timeMs;
      // Calls are written down when they have ended.
      state.time.start = Math.min(state.time.start, timeMs - (durationMs ?? 0));
      if (files.length > 0)
        state.attachments = files.map((file) => this.#items.createFile(message, file));
    });
  }

  /** Nothing more is told of it. */
  #finish(item: JsonObject, { callId }: Call, timeMs: number): void {
    const picture = readText(item, "result");
    this.#items.settleCall(callId, ({ state }, message) => {
      state.status = item["status"] === "failed" ? "error" : "completed";
      state.time.end = timeMs;
      if (picture === null) return;
      const file = filePart("image/png", dataUrl("image/png", picture));
      state.attachments = [this.#items.createFile(message, file)];
    });
  }

  #ownId = () => `@${this.#items.offset}`;
}

const isDone = (type: string) => type === "web_search_call" || type === "image_generation_call";
