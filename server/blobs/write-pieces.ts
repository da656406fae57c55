import { createDeferred } from "#lib/create-deferred.ts";
import type { AppendPosition } from "./append-position.ts";
import { afterSegment, type AppendedBlob, keep, putSegment } from "./append-steps.ts";
import type { Piece } from "./gather-pieces.ts";
import { resumeHash } from "./running-hashes.ts";
import { createSegmentCommitter } from "./segment-committer.ts";

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
  /** Behind all that was written, with what is being committed. */
  let at = from;
  const { add, stored } = createSegmentCommitter(blob, onStored);
  const hash = resumeHash(blob.blobId, from.bytes);

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
    at = afterSegment(start, start.tailBytes + piece.bytes);
    await add({ start, putting, sha256 });
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
