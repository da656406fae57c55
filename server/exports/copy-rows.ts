import type { Readable } from "node:stream";
import type { Sql, TransactionSql } from "#server/database/database.ts";

/** Where the fields of a row stand: for each its start and its end, which of NULL is -1. Text is UTF-8. */
export type FieldBounds = readonly number[];

/** Makes something of a row whose fields stand in `bytes`; the bounds are used again for the next one. */
export type MakeRow<Row> = (bytes: Buffer, bounds: FieldBounds) => Row;

/** Signature, flags, and the length of an extension that no version has: PostgreSQL's manual, COPY, "Binary Format". */
const HEADER_BYTES = 19;
const END_OF_ROWS = -1;
const NULL_LENGTH = -1;
const NOTHING: Buffer = Buffer.alloc(0);
/** More is not taken from the connection while nobody asks. */
const QUEUE_MAX_BYTES = 256 * 1024;

/**
 * The rows of a query, as they come over the wire and as fast as they are pulled: PostgreSQL stands still while nobody
 * does, so that rows of any size need no budget. Holds what one read of the socket brought, and one row. Leaving cancels
 * the statement, through another connection, and with it the transaction. `query` is SQL without parameters, which COPY
 * has none of.
 */
export async function* copyRows<Row>(
  { sql, tx }: { sql: Sql; tx: TransactionSql },
  { query, makeRow }: { query: string; makeRow: MakeRow<Row> },
): AsyncGenerator<Row[]> {
  const [backend] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const stream = await tx.unsafe(`copy (${query}) to stdout (format binary)`).readable();
  const queue = queueRows(stream, new CopyReader(makeRow));
  try {
    for (let rows = await queue.take(); rows !== null; rows = await queue.take()) yield rows;
  } finally {
    if (!queue.isOver()) {
      // A destroyed stream would leave its connection paused for good: what is still on its way has to be read.
      const closed = new Promise((resolve) => stream.once("close", resolve));
      stream.off("data", queue.onData).resume();
      await sql`select pg_cancel_backend(${backend!.pid})`;
      await closed;
    }
    // postgres.js 3.4.9 pauses the connection while its stream is full, and does not resume it when the last row came
    // meanwhile: no later statement on it would be answered.
    // oxlint-disable-next-line no-underscore-dangle -- what a stream calls to go on
    stream._read(1);
  }
}

/** Takes rows out of a stream without putting its pieces together, which would copy every byte once more. */
function queueRows<Row>(stream: Readable, reader: CopyReader<Row>) {
  let rows: Row[] = [];
  let bytes = 0;
  const state: { end: { error: unknown } | null } = { end: null };
  let wake = () => {};
  const finish = (error: unknown) => {
    state.end ??= { error };
    wake();
  };
  const onData = (piece: Buffer) => {
    reader.read(piece, rows);
    bytes += piece.byteLength;
    if (bytes >= QUEUE_MAX_BYTES && rows.length > 0) stream.pause();
    wake();
  };
  stream
    .on("data", onData)
    .once("end", () => finish(null))
    .on("error", finish);

  return {
    onData,
    isOver: () => state.end !== null,
    /** All that came since the last time, as soon as there is something; null at the end. */
    async take(): Promise<Row[] | null> {
      stream.resume();
      while (rows.length === 0 && state.end === null)
        await new Promise<void>((resolve) => (wake = resolve));
      if (rows.length === 0) {
        if (state.end?.error) throw state.end.error;
        return null;
      }
      const taken = rows;
      rows = [];
      bytes = 0;
      return taken;
    },
  };
}

/** Cuts rows out of pieces of a binary COPY, wherever they end. */
export class CopyReader<Row> {
  readonly #makeRow: MakeRow<Row>;
  readonly #bounds: number[] = [];
  #rest: Buffer = NOTHING;
  #isBegun = false;

  constructor(makeRow: MakeRow<Row>) {
    this.#makeRow = makeRow;
  }

  /** Adds the rows that are whole now. Their fields may be views of the memory of `piece`. */
  read(piece: Buffer, rows: Row[]): void {
    const bytes = this.#rest.byteLength === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let at = 0;
    if (!this.#isBegun && bytes.byteLength >= HEADER_BYTES) {
      this.#isBegun = true;
      at = HEADER_BYTES;
    }
    while (this.#isBegun) {
      const end = findFields(bytes, at, this.#bounds);
      if (end === null) break;
      rows.push(this.#makeRow(bytes, this.#bounds));
      at = end;
    }
    this.#rest = at === bytes.byteLength ? NOTHING : bytes.subarray(at);
  }
}

/** Where the row ends; null when it is not whole yet, or there is none any more. */
function findFields(bytes: Buffer, start: number, bounds: number[]): number | null {
  if (start + 2 > bytes.byteLength) return null;
  const count = bytes.readInt16BE(start);
  if (count === END_OF_ROWS) return null;
  let at = start + 2;
  for (let n = 0; n < count; n += 1) {
    if (at + 4 > bytes.byteLength) return null;
    const length = bytes.readInt32BE(at);
    at += 4;
    bounds[2 * n] = at;
    if (length !== NULL_LENGTH) at += length;
    bounds[2 * n + 1] = length === NULL_LENGTH ? -1 : at;
  }
  return at > bytes.byteLength ? null : at;
}
