import { createHash, type Hash } from "node:crypto";

/** Blobs that are written to at one time; a hash is some hundred bytes. */
const HASHES_MAX = 1_000;

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

/** Notes that these bytes are stored in the blob, from `position` on. Of a start that was not noted nothing is kept. */
export function noteAppended(
  blobId: string,
  { position, chunks }: { position: number; chunks: readonly Uint8Array[] },
): void {
  const known = hashes.get(blobId);
  const hash = position === 0 ? createHash("sha256") : known?.hash;
  if (!hash || (position !== 0 && known?.position !== position)) return;
  let end = position;
  for (const chunk of chunks) {
    hash.update(chunk);
    end += chunk.byteLength;
  }
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
