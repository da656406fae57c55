import { createDeferred } from "#lib/create-deferred.ts";
import type { AppendPosition } from "./append-position.ts";
import {
  afterSegment,
  type AppendedBlob,
  commitSegment,
  discardSegment,
  keep,
  type PutSegment,
  putSegment,
} from "./append-steps.ts";
import type { Piece } from "./gather-pieces.ts";
import { resumeHash } from "./running-hashes.ts";
import type { BlobServices } from "./write-blob.ts";

/** Segments of one blob that the store has taken and no row knows of yet. */
const UNCOMMITTED_MAX = 3;

/** Stores pieces behind each other. One call at a time. */
export interface PieceWriter {
  /** How large the next piece may be: with as many bytes it becomes a segment. */
  roomBytes(): number;
  /**
   * Resolves when the piece needs not be held any more: in rows, or taken by the store, which makes it durable while the
   * next piece comes. Rejects with what one before it failed with, too: none from there on is stored then, and what
   * `onStored` has not told of has to come again.
   */
  write(piece: Piece): Promise<void>;
  /** Resolves when all that was written is durable. */
  stored(): Promise<void>;
  /** The same, and nothing may be written any more; the offset behind the last byte. */
  end(): Promise<number>;
}

interface PieceOptions {
  segmentBytes: number;
  /** Told the offset behind the last durable byte, after every step. */
  onStored: ((offset: number) => void) | undefined;
}

export function createPieceWriter(
  blob: AppendedBlob,
  from: AppendPosition,
  { segmentBytes, onStored }: PieceOptions,
): PieceWriter {
  const { blobId, services } = blob;
  /** Behind all that was written, with what is being committed. */
  let at = from;
  /** In their order; each one waits for the one before it. */
  const uncommitted: Promise<void>[] = [];
  const hash = resumeHash(blobId, from.bytes);
  const stored = async () => uncommitted.at(-1);

  const whileHashing = async <Value>(piece: Piece, storing: Promise<Value>) => {
    const hashing = hash.update(piece);
    try {
      return await storing;
    } finally {
      await hashing;
    }
  };

  const keepPiece = async (piece: Piece) => {
    await stored();
    at = await whileHashing(piece, keep(blob, at, piece));
    onStored?.(at.bytes);
  };

  /** What the store does not take stays durable, for the next writer to fold. */
  const untilTaken = async (taken: Promise<unknown>, piece: Piece) => {
    try {
      await taken;
    } catch (error) {
      await stored();
      await keep(blob, at, piece);
      throw error;
    }
  };

  const addSegment = async (piece: Piece) => {
    const start = at;
    const taken = createDeferred<void>();
    const putting = putSegment(blob, start, { piece, onTaken: taken.resolve });
    await whileHashing(piece, untilTaken(Promise.race([taken.promise, putting]), piece));
    const sha256 = start.segmentCount === 0 ? hash.digest() : null;
    const committing = waitForBoth(services, stored(), putting).then(async (put) => {
      const { bytes } = await commitSegment(blob, start, { ...put, sha256: await sha256 });
      onStored?.(bytes);
    });
    committing.catch(() => {});
    at = afterSegment(start, start.tailBytes + piece.bytes);
    if (uncommitted.push(committing) > UNCOMMITTED_MAX) await uncommitted.shift();
  };

  const roomBytes = () => segmentBytes - at.tailBytes;
  return {
    roomBytes,
    write: (piece) => (piece.bytes === roomBytes() ? addSegment(piece) : keepPiece(piece)),
    stored,
    async end() {
      let end: number | null = null;
      try {
        await stored();
        end = at.bytes;
        return end;
      } finally {
        hash.keep(end);
      }
    },
  };
}

/** What was put behind something that failed is not needed, and taken out of the store again. */
async function waitForBoth(
  services: BlobServices,
  before: Promise<void>,
  putting: Promise<PutSegment>,
): Promise<PutSegment> {
  const [earlier, put] = await Promise.allSettled([before, putting]);
  if (earlier.status === "rejected") {
    if (put.status === "fulfilled") await discardSegment(services, put.value.key);
    throw earlier.reason;
  }
  if (put.status === "rejected") throw put.reason;
  return put.value;
}
