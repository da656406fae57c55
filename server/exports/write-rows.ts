import type { Transform } from "node:stream";
import type { ExportRefs, ExportTotals } from "#lib/export.ts";
import { INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";
import { AppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Target } from "#server/items/transcript-bounds.ts";
import type { ExportOutput } from "./export-output.ts";
import type { ExportRow, FarBody } from "./export-row.ts";
import { openChanged } from "./far-source.ts";
import { openWithoutFiles } from "./open-without-files.ts";
import type { LeftOutReason, SessionFormat } from "./session-format.ts";
import { writeFarBody } from "./write-far-body.ts";

/** What identifies an item to whoever changes it on its way out. */
export type RowIdentity = Pick<ExportRow, "type" | "messageId" | "partId">;

/** Changes what goes out. Nothing that it does not look at goes out: envelopes never do. */
export interface Rewrite {
  /** JSON text in, JSON text out; null hides the item. */
  item(body: string, identity: RowIdentity): string | null;
  /** For a body that is not held in memory; left out, or null: the body is left out. */
  openBody?: ((identity: RowIdentity) => Transform | null) | undefined;
}

export interface RowOptions extends Target {
  refs: ExportRefs;
  rewrite: Rewrite | null;
  /** Address of an item's whole body; null where readers of the export cannot get it. */
  hrefOf: ((seq: number) => string) | null;
  /** Address of an output's bytes; null where readers cannot get them. */
  outputHrefOf: ((outputId: string) => string) | null;
}

interface RowWriterParts {
  services: BlobServices;
  format: SessionFormat;
  output: ExportOutput;
  options: RowOptions;
}

/** Hands rows to a format and counts them; bodies that are blobs pass through chunk by chunk. */
export class RowWriter {
  readonly totals: ExportTotals = {
    items: 0,
    messages: 0,
    parts: 0,
    orphanParts: 0,
    leftOut: 0,
    missing: 0,
  };
  readonly #parts: RowWriterParts;

  constructor(parts: RowWriterParts) {
    this.#parts = parts;
  }

  /** Writes a row at once, or answers false when its body has to be opened. */
  write(row: ExportRow): boolean {
    const { format, output, options } = this.#parts;
    if (!row.isFresh && !format.keepsStaleMessages) return true;
    if (row.kind === "orphans") {
      countRow(this.totals, row);
      return true;
    }
    if (row.body === null) return false;
    const body = rewritten(options.rewrite, row, row.body);
    if (body === null) return true;
    countRow(this.totals, row);
    format.write(output, row, body);
    return true;
  }

  /** A row whose body is a blob. Yields when there is something to send. */
  async *writeFar(row: ExportRow): AsyncGenerator<void> {
    const { far } = row;
    if (far === null) throw new AppError("internal", "An item has neither a body nor a blob");
    countRow(this.totals, row);
    if (this.#parts.options.rewrite) row.envelope = null;
    if (this.#parts.options.refs === "inline") yield* this.#writeInline(row, far);
    else yield* this.#writeWithoutFiles(row, far);
  }

  async *#writeInline(row: ExportRow, far: FarBody): AsyncGenerator<void> {
    const { services, format, output, options } = this.#parts;
    const { rewrite } = options;
    const change = rewrite && (() => rewrite.openBody?.(row) ?? null);
    const source = { ...options, services, far, change };
    const body = await openChanged(source);
    const isShort = far.byteSize <= INLINE_ITEM_MAX_BYTES;
    if (rewrite && body === "omitted" && isShort) return yield* this.#writeShort(row, far);
    if (typeof body === "string") return this.#leaveOut(row, far, body);
    yield* writeFarBody({ format, output, row, source, body });
  }

  /** A body that would be in its row but for its files: it is looked at whole, as those are. */
  async *#writeShort(row: ExportRow, far: FarBody): AsyncGenerator<void> {
    const { services, format, output, options } = this.#parts;
    const source = { ...options, services, far, change: null };
    const body = await openChanged(source);
    if (typeof body === "string") return this.#leaveOut(row, far, body);
    const whole = Buffer.concat((await body.toArray()) as Buffer[]);
    const text = rewritten(options.rewrite, row, whole);
    if (text !== null) format.write(output, row, text);
    if (output.isReady) yield;
  }

  /** The body without the files in it, where it is one that is large by them; else only a word of it. */
  async *#writeWithoutFiles(row: ExportRow, far: FarBody): AsyncGenerator<void> {
    const { services, format, output, options } = this.#parts;
    const { refs, rewrite } = options;
    const hrefOf = (outputId: string | null, seq: number) => this.#fileHrefOf(outputId, seq);
    const body = await openWithoutFiles(services, options, { far, hrefOf });
    if (body === null) return this.#leaveOut(row, far, refs === "omit" ? "omitted" : "linked");
    this.totals.leftOut += 1;
    const text = rewritten(rewrite, row, body);
    if (text !== null) format.write(output, row, text);
    if (output.isReady) yield;
  }

  /** Of a file in an item; null where only a word tells of it. */
  #fileHrefOf(outputId: string | null, seq: number): string | null {
    const { refs, hrefOf, outputHrefOf } = this.#parts.options;
    if (refs !== "link") return null;
    return (outputId && outputHrefOf?.(outputId)) ?? hrefOf?.(seq) ?? null;
  }

  #leaveOut(row: ExportRow, far: FarBody, reason: LeftOutReason): void {
    const { format, output, options } = this.#parts;
    this.totals[reason === "missing" ? "missing" : "leftOut"] += 1;
    const { byteSize, sha256, seq } = far;
    const href = reason === "linked" ? (options.hrefOf?.(seq) ?? null) : null;
    const told = options.rewrite ? null : sha256;
    format.leaveOut(output, row, { reason, byteSize, sha256: told, href });
  }
}

function countRow(totals: ExportTotals, { kind, isFresh, partCount }: ExportRow): void {
  if (!isFresh) return;
  if (kind === "group" || kind === "orphans") {
    totals.items += partCount + Number(kind === "group");
    totals.messages += Number(kind === "group");
    totals[kind === "group" ? "parts" : "orphanParts"] += partCount;
    return;
  }
  totals.items += 1;
  if (kind === "message") totals.messages += 1;
  else if (kind === "part") totals.parts += 1;
  else if (kind === "orphan") totals.orphanParts += 1;
}

/** The body as it goes out, and its row without an envelope then; null when it is hidden. */
function rewritten(rewrite: Rewrite | null, row: ExportRow, body: Buffer): Buffer | null {
  if (rewrite === null) return body;
  row.envelope = null;
  const text = rewrite.item(body.toString("utf8"), row);
  return text === null ? null : Buffer.from(text);
}
