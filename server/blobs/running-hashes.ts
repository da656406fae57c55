import { createHash, type Hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Blobs that are written to at one time; a hash is some hundred bytes. */
const HASHES_MAX = 1_000;
/** So many are hashed at once. */
const TURN_BYTES = 512 * 1024;

interface RunningHash {
  /** Of as many bytes from the blob's start on. */
  position: number;
  hash: Hash;
}

/**
 * SHA-256 of the starts of blobs that were appended to by this process alone so far: the state of a hash cannot be
 * given to another process. What is stored never changes, so a hash stays right wherever the blob is appended to.
 */
const hashes = new Map<string, RunningHash>();

/** To go on with behind the blob's first `position` bytes; null where this process has not seen all of them go by. */
export function resumeHash(blobId: string, position: number): Hash | null {
  if (position === 0) return createHash("sha256");
  const known = hashes.get(blobId);
  return known?.position === position ? known.hash.copy() : null;
}

/** Lets others in this thread work in between: above all the store that takes the same bytes. */
export async function hashInTurns(hash: Hash, chunks: readonly Uint8Array[]): Promise<void> {
  let turnBytes = TURN_BYTES;
  for (const chunk of chunks) {
    if (turnBytes >= TURN_BYTES) {
      await nextTurn();
      turnBytes = 0;
    }
    hash.update(chunk);
    turnBytes += chunk.byteLength;
  }
}

/** Notes the hash of as many bytes as are stored: it must not be updated any more. */
export function noteHash(blobId: string, running: RunningHash): void {
  hashes.delete(blobId);
  hashes.set(blobId, running);
  const [oldest] = hashes.keys();
  if (hashes.size > HASHES_MAX && oldest !== undefined) hashes.delete(oldest);
}

/** Hex, of the blob's first `bytes`; null where this process has not seen all of them go by. Known once. */
export function takeHash(blobId: string, bytes: number): string | null {
  const known = hashes.get(blobId);
  hashes.delete(blobId);
  return known?.position === bytes ? known.hash.digest("hex") : null;
}
