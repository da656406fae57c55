import { type JsonObject, readNumber, readText } from "#lib/json.ts";
import type { TranscriptItems } from "../transcript-items.ts";
import { noticePart, type PartBody } from "../transcript-parts.ts";
import type { CodexCalls } from "./codex-calls.ts";

/** Events that say what items say, or what is of no use to a reader: kept, and not shown. */
const quietEvents = new Set([
  "agent_reasoning_section_break",
  "background_event",
  "context_compacted",
  "item_completed",
  "item_started",
  "plan_update",
  "session_configured",
  "task_complete",
  "task_started",
  "thread_settings_applied",
  "turn_complete",
  "turn_diff",
  "turn_started",
]);

interface Place {
  tell(part: PartBody): void;
  /** The answer ends here, before it was done. */
  stop(reason: string): void;
}

/** Events that are not part of what was said. */
export class CodexEvents {
  readonly #items: TranscriptItems;
  readonly #calls: CodexCalls;
  readonly #place: Place;

  constructor(items: TranscriptItems, calls: CodexCalls, place: Place) {
    this.#items = items;
    this.#calls = calls;
    this.#place = place;
  }

  read(event: JsonObject, timeMs: number): void {
    const type = readText(event, "type") ?? "";
    const message = readText(event, "message");
    switch (type) {
      case "patch_apply_end":
        return this.#calls.addPatches(event, timeMs);
      case "exec_command_end":
        return this.#addExitCode(event);
      case "turn_aborted":
        return this.#place.stop(readText(event, "reason") ?? "interrupted");
      case "thread_name_updated":
        return this.#items.session.noteTitle(readText(event, "thread_name"), "agent");
      case "error":
      case "stream_error":
      case "warning":
        return this.#place.tell(noticePart(type === "error" ? type : "warning", message ?? type));
      default:
        return this.#keep(event, type);
    }
  }

  #addExitCode(event: JsonObject): void {
    const exitCode = readNumber(event, "exit_code");
    const callId = readText(event, "call_id") ?? "";
    if (exitCode !== null)
      this.#items.amendCall(callId, ({ state }) => (state.metadata["exitCode"] = exitCode));
    this.#keep(event, "exec_command_end");
  }

  #keep(event: JsonObject, kind: string): void {
    const isQuiet = quietEvents.has(kind) || readText(event, "call_id") !== null;
    this.#place.tell({ type: "update", kind, data: event, ...(isQuiet && { ignored: true }) });
  }
}
