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

interface Appended {
  position: number;
  chunks: readonly Uint8Array[];
}

/**
 * Hashes bytes while `storing` puts them into the blob, from `position` on, and notes them once that is done; what it
 * fails with comes through, and nothing is noted. Of a start that was not noted nothing is kept.
 */
export async function hashWhileStored<Result>(
  blobId: string,
  { position, chunks }: Appended,
  storing: Promise<Result>,
): Promise<Result> {
  const known = hashes.get(blobId);
  const isKnown = position === 0 || known?.position === position;
  const hash = position === 0 ? createHash("sha256") : known?.hash.copy();
  // The caller's error is that of `storing`, whenever that comes.
  storing.catch(() => {});
  let end = position;
  let turnEnd = position;
  for (const chunk of isKnown ? chunks : []) {
    // The store, too, has work to do in this thread.
    if (end >= turnEnd) {
      await nextTurn();
      turnEnd = end + TURN_BYTES;
    }
    hash?.update(chunk);
    end += chunk.byteLength;
  }
  const result = await storing;
  if (hash && isKnown) note(blobId, { position: end, hash });
  return result;
}

function note(blobId: string, { position: end, hash }: RunningHash): void {
  hashes.delete(blobId);
  hashes.set(blobId, { position: end, hash });
  const [oldest] = hashes.keys();
  if (hashes.size > HASHES_MAX && oldest !== undefined) hashes.delete(oldest);
}

/** Hex, of the blob's first `bytes`; null where this process has not seen all of them go by. Known once. */
export function takeHash(blobId: string, bytes: number): string | null {
  const known = hashes.get(blobId);
  hashes.delete(blobId);
  return known?.position === bytes ? known.hash.digest("hex") : null;
}
