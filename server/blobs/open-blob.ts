import { Readable } from "node:stream";
import { AppError } from "#lib/errors.ts";
import type { BlobStore, ByteRange } from "./blob-store.ts";
import type { BlobServices } from "./write-blob.ts";

export interface OpenedBlob {
  mime: string;
  name: string | null;
  /** `writing` and `incomplete` blobs are readable as far as they are stored. */
  state: "writing" | "complete" | "incomplete";
  /** Of the whole blob as far as it is stored, whatever the range. */
  totalBytes: number;
  /** Hex, of the whole blob; null until complete. */
  sha256: string | null;
  /** The bytes of the range. Read it to its end or destroy it. */
  stream: Readable;
}

/** A stored piece of the blob: a segment in the store, or appended bytes that still are in a row. */
interface Piece {
  start: number;
  bytes: number;
  key: string | null;
  data: Uint8Array | null;
}

/**
 * Opens a blob for reading. Throws `not_found` when there is no such blob, it is being deleted, or its first bytes
 * are missing in the store; when later ones are, the stream fails with the same. A range beyond the end is empty.
 * Holds one chunk, and what of the range is in the tail of a blob that is appended to (less than a segment).
 */
export async function openBlob(
  { database, blobs }: BlobServices,
  blobId: string,
  { offset = 0, length }: ByteRange = {},
): Promise<OpenedBlob> {
  const [row] = await database.sql<(Omit<OpenedBlob, "totalBytes" | "stream"> & { id: string })[]>`
    select id, mime, name, state, sha256 from blobs where id = ${blobId} and state <> 'deleting'`;
  if (!row) throw new AppError("not_found", "There is no such file", { details: { blobId } });

  const until = length === undefined ? Number.MAX_SAFE_INTEGER : offset + length;
  const pieces = await findPieces({ database }, blobId, { offset, until });
  const last = pieces.at(-1);
  const totalBytes = last ? last.start + last.bytes : 0;
  const end = Math.min(totalBytes, until);
  const wanted = pieces.filter((piece) => piece.start < end && piece.start + piece.bytes > offset);
  const stream = await openPieces(blobs, wanted, { offset, end });
  const { mime, name, state, sha256 } = row;
  return { mime, name, state, totalBytes, sha256, stream };
}

/**
 * Segments in order, then tails, as one statement sees them: bytes that are folded meanwhile are seen once. Rows outside
 * of the range come without their data.
 */
async function findPieces(
  { database: { sql } }: Pick<BlobServices, "database">,
  blobId: string,
  { offset, until }: { offset: number; until: number },
): Promise<Piece[]> {
  const rows = await sql<{ bytes: string; key: string | null; data: Uint8Array | null }[]>`
    select bytes, key, null::bytea as data, 0 as kind, n::bigint as position from blob_segments
      where blob_id = ${blobId}
    union all
    select octet_length(data), null,
        case when start + octet_length(data) > ${offset} and start < ${until} then data end, 1, start
      from blob_tail where blob_id = ${blobId}
    order by kind, position`;
  let start = 0;
  return rows.map(({ bytes, key, data }) => {
    const piece = { start, bytes: Number(bytes), key, data };
    start += piece.bytes;
    return piece;
  });
}

/** The first piece is opened before anything is promised to the reader, so that a missing file is an answer of its own. */
async function openPieces(
  store: BlobStore,
  pieces: Piece[],
  { offset, end }: { offset: number; end: number },
) {
  const open = (piece: Piece) => {
    const from = Math.max(0, offset - piece.start);
    const to = Math.min(piece.bytes, end - piece.start);
    return openPiece(store, piece, { offset: from, length: to - from });
  };
  const first = pieces[0] ? await open(pieces[0]) : null;
  const stream = Readable.from(readPieces(first, pieces.slice(1), open), { objectMode: false });
  // A generator that was never started does not close what it was given.
  return stream.once("close", () => first?.destroy());
}

async function* readPieces(
  first: Readable | null,
  rest: Piece[],
  open: (piece: Piece) => Promise<Readable>,
): AsyncGenerator<Uint8Array> {
  if (first) yield* first;
  for (const piece of rest) yield* await open(piece);
}

async function openPiece(
  store: BlobStore,
  piece: Piece,
  range: Required<ByteRange>,
): Promise<Readable> {
  if (piece.key !== null) return store.open(piece.key, range);
  return Readable.from([piece.data!.subarray(range.offset, range.offset + range.length)]);
}
