import { EXPORT_MEMBER, OUTPUTS_MEMBER, type ExportTotals } from "#lib/export.ts";
import type { ExportOutput } from "./export-output.ts";
import type { ExportRow } from "./export-row.ts";
import { markerOf } from "./left-out.ts";
import { jsonFrame, type OutputFacts, type OutputFrame, type OutputPlace } from "./output-frame.ts";
import type { BodyFrame, ExportHead, LeftOut, SessionFormat } from "./session-format.ts";

/** Items that a session has one of, and the members of a snapshot that hold them. */
const memberByType: Partial<Record<string, string>> = {
  session_diff: "sessionDiff",
  session_status: "session_status",
  session_pr_link: "session_pr_link",
  kilo_meta: "kilo_meta",
  model: "model",
};

const asItIs: BodyFrame = { before: "", replace: (piece) => piece, after: () => "" };

/**
 * `{"info", "messages": [{"info", "parts"}], "sessionDiff", …, "millraceExport"}`, as OpenCode and Kilo import it:
 * bodies as they were received, `info` first, and `{}` when the session never said anything of itself. Parts without
 * their message, and items that no member exists for, are only counted: a snapshot has no place for them, NDJSON has.
 */
export class SnapshotFormat implements SessionFormat {
  readonly takesGroups = true;
  readonly needsIds = false;
  readonly keepsStaleMessages = true;
  readonly wholeBodyMaxBytes = 0;
  readonly #head: ExportHead;
  #hasInfo = false;
  #isInMessages = false;
  #hasMessage = false;
  #isMessageOpen = false;
  #hasPart = false;
  #hasOutput = false;
  #areMessagesOver = false;
  /** Did not change: it is written once a part of it did. */
  #waiting: { row: ExportRow; body: Buffer } | null = null;
  #withoutPlace = 0;

  constructor(head: ExportHead) {
    this.#head = head;
  }

  begin(output: ExportOutput): void {
    output.text('{"info":');
  }

  write(output: ExportOutput, row: ExportRow, body: Buffer): void {
    if (row.kind === "group") {
      this.#writeGroup(output, body, row.envelope);
    } else if (row.kind === "message" && !row.isFresh) {
      this.#closeMessage(output);
      this.#waiting = { row, body };
    } else if (this.#enter(output, row)) output.bytes(body);
  }

  open(output: ExportOutput, row: ExportRow): BodyFrame | null {
    return this.#enter(output, row) ? asItIs : null;
  }

  leaveOut(output: ExportOutput, row: ExportRow, what: LeftOut): void {
    if (this.#enter(output, row)) output.text(JSON.stringify(markerOf(this.#head, row, what)));
  }

  endItems(output: ExportOutput): void {
    this.#endMessages(output);
  }

  takesBytesOf(): boolean {
    return true;
  }

  frameOutput(facts: OutputFacts, place: OutputPlace): OutputFrame {
    const { before, after } = jsonFrame(facts, place);
    const front = this.#hasOutput ? "," : `,"${OUTPUTS_MEMBER}":[`;
    this.#hasOutput = true;
    return { before: front + before, after };
  }

  end(output: ExportOutput, totals: ExportTotals): void {
    this.#endMessages(output);
    if (this.#hasOutput) output.text("]");
    const { exportedAt, generation, lastSeq } = this.#head;
    const trailer = {
      version: 1,
      exportedAt,
      generation,
      lastSeq,
      ...totals,
      itemsWithoutPlace: this.#withoutPlace + totals.orphanParts,
      bytes: output.byteLength,
      sha256: output.sha256(),
    };
    output.text(`,"${EXPORT_MEMBER}":${JSON.stringify(trailer)}}\n`);
  }

  #writeGroup(output: ExportOutput, info: Buffer, parts: Buffer | null): void {
    this.#beginMessage(output);
    output.bytes(info);
    if (parts === null) return;
    output.text(',"parts":[');
    output.bytes(parts);
    this.#hasPart = true;
  }

  /** Writes what stands before the row's body; false when a snapshot has no place for it. */
  #enter(output: ExportOutput, row: ExportRow): boolean {
    switch (row.kind) {
      case "session":
        this.#hasInfo = true;
        return true;
      case "message":
      case "group":
        this.#beginMessage(output);
        return true;
      case "part":
        return this.#beginPart(output) || this.#missPlace();
      case "other":
        return this.#beginMember(output, row) || this.#missPlace();
      case "orphan":
      case "orphans":
        return false;
    }
  }

  #beginMessages(output: ExportOutput): void {
    if (this.#isInMessages) return;
    this.#isInMessages = true;
    output.text(this.#hasInfo ? ',"messages":[' : '{},"messages":[');
  }

  #beginMessage(output: ExportOutput): void {
    this.#beginMessages(output);
    this.#closeMessage(output);
    output.text(this.#hasMessage ? ',{"info":' : '{"info":');
    this.#hasMessage = true;
    this.#isMessageOpen = true;
    this.#hasPart = false;
  }

  #beginPart(output: ExportOutput): boolean {
    if (this.#waiting !== null) {
      const { body } = this.#waiting;
      this.#waiting = null;
      this.#beginMessage(output);
      output.bytes(body);
    }
    if (!this.#isMessageOpen) return false;
    output.text(this.#hasPart ? "," : ',"parts":[');
    this.#hasPart = true;
    return true;
  }

  #closeMessage(output: ExportOutput): void {
    this.#waiting = null;
    if (!this.#isMessageOpen) return;
    this.#isMessageOpen = false;
    output.text(this.#hasPart ? "]}" : ',"parts":[]}');
  }

  #beginMember(output: ExportOutput, { type, messageId, partId }: ExportRow): boolean {
    const member = Object.hasOwn(memberByType, type) ? memberByType[type] : undefined;
    if (member === undefined || messageId !== "" || partId !== "") return false;
    this.#endMessages(output);
    output.text(`,"${member}":`);
    return true;
  }

  #endMessages(output: ExportOutput): void {
    if (this.#areMessagesOver) return;
    this.#areMessagesOver = true;
    this.#beginMessages(output);
    this.#closeMessage(output);
    output.text("]");
  }

  #missPlace(): false {
    this.#withoutPlace += 1;
    return false;
  }
}
