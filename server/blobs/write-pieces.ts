import type { Hash } from "node:crypto";
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
import { hashInTurns, noteHash, resumeHash } from "./running-hashes.ts";

/** Stores pieces behind each other. One call at a time. */
export interface PieceWriter {
  /** How large the next piece may be: with as many bytes it becomes a segment. */
  roomBytes(): number;
  /**
   * Resolves when the piece needs not be held any more: in rows, or as a segment in the store, whose transaction goes on
   * while the next piece comes, and is tried again for passing reasons. Rejects with what the one before it failed with,
   * too: neither is stored then, and what `onStored` has not told of has to come again.
   */
  write(piece: Piece): Promise<void>;
  /** Waits for the last transaction; the offset behind the last byte. */
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
  let committing: Promise<unknown> = Promise.resolve();
  const hash = resumeHash(blobId, from.bytes);
  const hashed = (piece: Piece) => hash && hashInTurns(hash, piece.chunks);

  /** Once it is durable: others may have written other bytes there. */
  const note = ({ bytes }: AppendPosition, known: Hash | null) => {
    if (known) noteHash(blobId, { position: bytes, hash: known });
    onStored?.(bytes);
  };

  const keepPiece = async (piece: Piece) => {
    await committing;
    [at] = await Promise.all([keep(blob, at, piece), hashed(piece)]);
    note(at, hash?.copy() ?? null);
  };

  /** What the store does not take stays durable, for the next writer to fold. */
  const putOrKeep = async (piece: Piece): Promise<PutSegment> => {
    try {
      return await putSegment(blob, at, { piece });
    } catch (error) {
      await committing;
      await keep(blob, at, piece);
      throw error;
    }
  };

  const addSegment = async (piece: Piece) => {
    const start = at;
    const [put] = await Promise.all([putOrKeep(piece), hashed(piece)]);
    try {
      await committing;
    } catch (error) {
      await discardSegment(services, put.key);
      throw error;
    }
    at = afterSegment(start, put.bytes);
    const known = hash?.copy() ?? null;
    const sha256 = start.segmentCount === 0 ? (known?.copy().digest("hex") ?? null) : null;
    committing = commitSegment(blob, start, { ...put, sha256 }).then((end) => note(end, known));
    committing.catch(() => {});
  };

  const roomBytes = () => segmentBytes - at.tailBytes;
  return {
    roomBytes,
    write: (piece) => (piece.bytes === roomBytes() ? addSegment(piece) : keepPiece(piece)),
    async end() {
      await committing;
      return at.bytes;
    },
  };
}
