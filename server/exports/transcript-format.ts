import type { ExportTotals } from "#lib/export.ts";
import type { ExportOutput } from "./export-output.ts";
import { createNonce, markOf, readOutline } from "./body-outline.ts";
import type { ExportRow, RowKind } from "./export-row.ts";
import { describeLeftOut } from "./left-out.ts";
import { type Block, type MessageHead, readBlock, readMessageHead } from "./read-block.ts";
import type { OutputFacts, OutputFrame, OutputPlace } from "./output-frame.ts";
import type { LeftOut, ReadBody, SessionFormat } from "./session-format.ts";
import { toText, writeMarked } from "./write-marked.ts";

/** Writes what people read, in one of their forms. */
export interface TranscriptWriter {
  begin(): string;
  /** `turn` counts prompts from 1; null for what is none. */
  message(head: MessageHead, turn: number | null): string;
  block(block: Block): string;
  /** A piece of a long text that stands where a mark stood, behind `before`. */
  piece(text: string, before: string): string;
  /** See `SessionFormat`. */
  takesBytesOf(facts: OutputFacts): boolean;
  output(facts: OutputFacts, place: OutputPlace): OutputFrame;
  end(totals: ExportTotals & { sha256: string }): string;
}

/** Parsed whole, one at a time; of what is larger long texts are written as they are read. */
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
    output.text(this.#render(kind, body.toString("utf8")));
  }

  open(): null {
    return null;
  }

  /** Reads the body once for what is in it, and again for its long texts. */
  async *writeLarge(
    output: ExportOutput,
    { kind, type }: ExportRow,
    read: ReadBody,
  ): AsyncGenerator<void> {
    if (kind !== "message" && kind !== "part") return;
    const nonce = createNonce();
    const outline = await readOutline(toText(read()), nonce);
    const whole: Block = { kind: "raw", type, json: markOf(nonce, 0, outline) };
    const rendered =
      outline.json === null ? this.#writer.block(whole) : this.#render(kind, outline.json);
    yield* writeMarked({ output, rendered, nonce, outline, read, writer: this.#writer });
  }

  leaveOut(output: ExportOutput, { kind, type }: ExportRow, what: LeftOut): void {
    const link = what.href === null ? "" : ` It is at ${what.href}`;
    const text = `${type}: ${describeLeftOut(what)}${link}`;
    if (kind === "message")
      output.text(this.#message({ role: "unknown", model: "", createdMs: null, error: text }));
    else if (kind === "part") output.text(this.#writer.block({ kind: "note", text }));
  }

  takesBytesOf(facts: OutputFacts): boolean {
    return this.#writer.takesBytesOf(facts);
  }

  frameOutput(facts: OutputFacts, place: OutputPlace): OutputFrame {
    return this.#writer.output(facts, place);
  }

  end(output: ExportOutput, totals: ExportTotals): void {
    output.text(this.#writer.end({ ...totals, sha256: output.sha256() }));
  }

  #render(kind: RowKind, json: string): string {
    if (kind === "message") return this.#message(readMessageHead(json));
    const block = kind === "part" ? readBlock(json) : null;
    return block === null ? "" : this.#writer.block(block);
  }

  #message(head: MessageHead): string {
    const isPrompt = head.role === "user";
    if (isPrompt) this.#turn += 1;
    return this.#writer.message(head, isPrompt ? this.#turn : null);
  }
}

/** `2026-11-20 10:58 UTC`; empty when nobody said. */
export const formatTime = (ms: number | null) =>
  ms === null ? "" : `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Facts of a session that has them, in the words of its page. */
export const countWords = ({ messages, parts, outputs = 0, missing, leftOut }: ExportTotals) =>
  [
    `${messages} messages`,
    `${parts} parts`,
    ...(outputs > 0 ? [`${outputs} outputs`] : []),
    ...(leftOut > 0 ? [`${leftOut} without their text`] : []),
    ...(missing > 0 ? [`${missing} missing in the store`] : []),
  ].join(", ");
