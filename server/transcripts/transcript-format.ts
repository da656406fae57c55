import type { JsonObject } from "#lib/json.ts";

/** Programs whose own records of a session are read. */
export type TranscriptFormat = "claude" | "codex" | "gemini";

/** Turns the records of one transcript, in their order, into items. */
export interface TranscriptReader {
  read(record: JsonObject): void;
  /** No record follows. */
  finish(): void;
}
