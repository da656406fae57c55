import type { ExportTotals } from "#lib/export.ts";
import type { ExportOutput } from "./export-output.ts";
import type { ExportRow } from "./export-row.ts";
import type { OutputFacts, OutputFrame, OutputPlace } from "./output-frame.ts";

/** What an export says of its session at its beginning. */
export interface ExportHead {
  sessionId: string;
  title: string;
  createdAt: string;
  agent: string | null;
  model: string | null;
  repository: string | null;
  /** ISO, when the view was taken. */
  exportedAt: string;
  /** Position of the last item written: what a later export with `since` goes on from. */
  lastSeq: number;
  generation: number;
}

/** Why an item comes without its body. */
export type LeftOutReason = "missing" | "linked" | "omitted";

export interface LeftOut {
  reason: LeftOutReason;
  byteSize: number;
  /** Of the body; null where it must not be told either. */
  sha256: string | null;
  /** Where the body is; null where it is nowhere, or not to be told. */
  href: string | null;
}

/** A body that comes in pieces: what is written before it and behind it. */
export interface BodyFrame {
  before: string;
  replace(piece: Buffer): Buffer;
  /** Asked for when all of the body has passed. */
  after(): string;
}

/** The whole body, from its beginning. */
export type ReadBody = () => AsyncIterable<Buffer>;

/** Writes a session in one form. Called for rows in the order in which `readExportRows` brings them. */
export interface SessionFormat {
  /** Takes small messages with their parts in one piece, which costs a fraction. */
  readonly takesGroups: boolean;
  /** Looks at types and ids of rows whose body came along. */
  readonly needsIds: boolean;
  /** Writes messages that did not change, too, where parts of theirs did. */
  readonly keepsStaleMessages: boolean;
  /** Larger bodies that are blobs are piped through; up to this size they are read whole and written like others. */
  readonly wholeBodyMaxBytes: number;
  begin(output: ExportOutput): void;
  /** A row whose body is there, or a group. */
  write(output: ExportOutput, row: ExportRow, body: Buffer): void;
  /** A row whose body is a large blob; null when the format has no use for it. */
  open(output: ExportOutput, row: ExportRow): BodyFrame | null;
  /** The same for a format that has to look at a body before it writes it: `read` may be called again and again. */
  writeLarge?(output: ExportOutput, row: ExportRow, read: ReadBody): AsyncGenerator<void>;
  leaveOut(output: ExportOutput, row: ExportRow, what: LeftOut): void;
  /** Called once between the last row and the first output. */
  endItems?(output: ExportOutput): void;
  /** Whether the bytes of an output can stand in it. Of others only what is said of them does. */
  takesBytesOf(facts: OutputFacts): boolean;
  /** What is written of an output: its place is inline only where its bytes are taken. Called for all of them in a row, behind all other rows. */
  frameOutput(facts: OutputFacts, place: OutputPlace): OutputFrame;
  /** `sha256` is that of everything before. */
  end(output: ExportOutput, totals: ExportTotals): void;
}
