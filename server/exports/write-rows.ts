import { pipeline, type Readable, type Transform } from "node:stream";
import type { ExportRefs, ExportTotals } from "#lib/export.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { openFarBody } from "#server/items/open-far-body.ts";
import { openWithoutFiles } from "./open-without-files.ts";
import type { Target } from "#server/items/transcript-bounds.ts";
import type { ExportOutput } from "./export-output.ts";
import type { ExportRow, FarBody } from "./export-row.ts";
import type { LeftOutReason, SessionFormat } from "./session-format.ts";

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
export function createRowWriter({ services, format, output, options }: RowWriterParts) {
  const totals: ExportTotals = {
    items: 0,
    messages: 0,
    parts: 0,
    orphanParts: 0,
    leftOut: 0,
    missing: 0,
  };
  const { rewrite, refs, hrefOf, outputHrefOf } = options;

  /** Of a file in an item; null where only a word tells of it. */
  const fileHrefOf = (outputId: string | null, seq: number): string | null => {
    if (refs !== "link") return null;
    return (outputId && outputHrefOf?.(outputId)) ?? hrefOf?.(seq) ?? null;
  };

  const count = ({ kind, isFresh, partCount }: ExportRow) => {
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
  };

  const leaveOut = (row: ExportRow, far: FarBody, reason: LeftOutReason) => {
    totals[reason === "missing" ? "missing" : "leftOut"] += 1;
    const { byteSize, sha256, seq } = far;
    const href = reason === "linked" ? (hrefOf?.(seq) ?? null) : null;
    format.leaveOut(output, row, { reason, byteSize, sha256: rewrite ? null : sha256, href });
  };

  /** Writes a row at once, or answers false when its body has to be opened. */
  const write = (row: ExportRow): boolean => {
    if (!row.isFresh && !format.keepsStaleMessages) return true;
    if (row.kind === "orphans") {
      count(row);
      return true;
    }
    if (row.body === null) return false;
    if (rewrite) row.envelope = null;
    const body = rewrite ? rewriteText(rewrite, row, row.body) : row.body;
    if (body === null) return true;
    count(row);
    format.write(output, row, body);
    return true;
  };

  /** A row whose body is a blob. Yields when there is something to send. */
  async function* writeFar(row: ExportRow): AsyncGenerator<void> {
    const { far } = row;
    if (rewrite) row.envelope = null;
    if (far === null) throw new AppError("internal", "An item has neither a body nor a blob");
    count(row);
    if (refs !== "inline") {
      const body = await openWithoutFiles(services, options, { far, hrefOf: fileHrefOf });
      if (body === null) return leaveOut(row, far, refs === "omit" ? "omitted" : "linked");
      totals.leftOut += 1;
      const text = rewrite ? rewriteText(rewrite, row, body) : body;
      if (text !== null) format.write(output, row, text);
      if (output.isReady) yield;
      return;
    }
    const change = rewrite?.openBody?.(row) ?? null;
    if (rewrite && change === null) return leaveOut(row, far, "omitted");
    const body = await openChanged(far, change);
    if (body === null) return leaveOut(row, far, "missing");
    if (far.byteSize <= format.wholeBodyMaxBytes) return yield* writeWhole(row, far, body);
    if (format.writeLarge) return yield* writeInPasses(row, far, body);
    yield* pipeBody(row, far, body);
  }

  /** The body as it goes out; null when it is missing in the store. */
  async function openChanged(far: FarBody, change: Transform | null): Promise<Readable | null> {
    const source = await openBody(services, options, far);
    // Who reads hears of an error by the stream that he has.
    return source !== null && change ? pipeline(source, change, () => {}) : source;
  }

  async function* pipeBody(row: ExportRow, far: FarBody, body: Readable): AsyncGenerator<void> {
    try {
      const frame = format.open(output, row);
      if (frame === null) return;
      output.text(frame.before);
      for await (const chunk of readWhole(far, body)) {
        output.bytes(frame.replace(chunk));
        if (output.isReady) yield;
      }
      output.text(frame.after());
    } finally {
      body.destroy();
    }
  }

  async function* writeInPasses(
    row: ExportRow,
    far: FarBody,
    first: Readable,
  ): AsyncGenerator<void> {
    let next: Readable | null = first;
    async function* read(): AsyncGenerator<Buffer> {
      const body = next ?? (await openChanged(far, rewrite?.openBody?.(row) ?? null));
      next = null;
      if (body === null) throw damaged(far);
      try {
        yield* readWhole(far, body);
      } finally {
        body.destroy();
      }
    }
    try {
      for await (const _ of format.writeLarge!(output, row, read)) if (output.isReady) yield;
    } finally {
      next?.destroy();
    }
  }

  async function* writeWhole(row: ExportRow, far: FarBody, body: Readable): AsyncGenerator<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of readWhole(far, body)) chunks.push(chunk);
    format.write(output, row, Buffer.concat(chunks));
    if (output.isReady) yield;
  }

  /** Throws when other bytes are there than were stored; of changed ones nobody knows how many there are. */
  async function* readWhole(far: FarBody, body: Readable): AsyncGenerator<Buffer> {
    let byteLength = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      byteLength += chunk.byteLength;
      yield chunk;
    }
    if (!rewrite && byteLength !== far.byteSize) throw damaged(far);
  }

  return { totals, write, writeFar };
}

function rewriteText(rewrite: Rewrite, row: ExportRow, body: Buffer): Buffer | null {
  const text = rewrite.item(body.toString("utf8"), row);
  return text === null ? null : Buffer.from(text);
}

/**
 * Null when its bytes are missing in the store. When that is because the session or the item changed after the view was
 * taken, the view cannot be kept any more: `gone`, `conflict`.
 */
async function openBody(
  services: BlobServices,
  { sessionId, generation }: Target,
  { blobId, seq }: FarBody,
): Promise<Readable | null> {
  try {
    return await openFarBody(services, { sessionId, generation, seq, blobId });
  } catch (error) {
    if (!isAppError(error) || error.code !== "not_found") throw error;
  }
  const [row] = await services.database.sql<{ isSame: boolean }[]>`
    select exists (
      select from items where session_id = ${sessionId} and generation = ${generation} and seq = ${seq} and blob_id = ${blobId}
    ) as "isSame"
    from sessions where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (!row) throw new AppError("gone", "The session was deleted while it was exported");
  if (!row.isSame)
    throw new AppError("conflict", "An item changed while it was exported; export again");
  return null;
}

const damaged = ({ blobId, byteSize }: FarBody) =>
  new AppError("internal", "The stored body of an item has another length than it should", {
    details: { blobId, byteSize },
  });
