import type { ExportTotals } from "#lib/export.ts";
import type { ExportOutput } from "./export-output.ts";
import type { ExportRow } from "./export-row.ts";
import { describeLeftOut } from "./left-out.ts";
import { type Block, type MessageHead, readBlock, readMessageHead } from "./read-block.ts";
import type { LeftOut, SessionFormat } from "./session-format.ts";

/** Writes what people read, in one of their forms. */
export interface TranscriptWriter {
  begin(): string;
  /** `turn` counts prompts from 1; null for what is none. */
  message(head: MessageHead, turn: number | null): string;
  block(block: Block): string;
  end(totals: ExportTotals & { sha256: string }): string;
}

/** Parsed whole, one at a time: what is larger is named with its size instead. */
const BODY_MAX_BYTES = 4 * 1024 * 1024;

/** A transcript for people: prompts and answers in order; what only machines read is left to JSON and NDJSON. */
export class TranscriptFormat implements SessionFormat {
  readonly takesGroups = false;
  readonly needsIds = false;
  readonly keepsStaleMessages = true;
  readonly wholeBodyMaxBytes = BODY_MAX_BYTES;
  readonly #writer: TranscriptWriter;
  #turn = 0;

  constructor(writer: TranscriptWriter) {
    this.#writer = writer;
  }

  begin(output: ExportOutput): void {
    output.text(this.#writer.begin());
  }

  write(output: ExportOutput, { kind }: ExportRow, body: Buffer): void {
    if (kind === "message") this.#beginMessage(output, readMessageHead(body.toString("utf8")));
    else if (kind === "part") this.#writeBlock(output, readBlock(body.toString("utf8")));
  }

  open(): "large" {
    return "large";
  }

  leaveOut(output: ExportOutput, { kind, type }: ExportRow, what: LeftOut): void {
    const link = what.href === null ? "" : ` It is at ${what.href}`;
    const text = `${type}: ${describeLeftOut(what)}${link}`;
    if (kind === "message")
      this.#beginMessage(output, { role: "unknown", model: "", createdMs: null, error: text });
    else if (kind === "part") this.#writeBlock(output, { kind: "note", text });
  }

  end(output: ExportOutput, totals: ExportTotals): void {
    output.text(this.#writer.end({ ...totals, sha256: output.sha256() }));
  }

  #beginMessage(output: ExportOutput, head: MessageHead): void {
    const isPrompt = head.role === "user";
    if (isPrompt) this.#turn += 1;
    output.text(this.#writer.message(head, isPrompt ? this.#turn : null));
  }

  #writeBlock(output: ExportOutput, block: Block | null): void {
    if (block !== null) output.text(this.#writer.block(block));
  }
}

/** `2026-11-20 10:58 UTC`; empty when nobody said. */
export const formatTime = (ms: number | null) =>
  ms === null ? "" : `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Facts of a session that has them, in the words of its page. */
export const countWords = ({ messages, parts, missing, leftOut }: ExportTotals) =>
  [
    `${messages} messages`,
    `${parts} parts`,
    ...(leftOut > 0 ? [`${leftOut} without their text`] : []),
    ...(missing > 0 ? [`${missing} missing in the store`] : []),
  ].join(", ");
