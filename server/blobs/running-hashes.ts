import { log } from "#server/log.ts";
import { createThreadHash } from "./hash-thread.ts";
import type { Piece } from "./gather-pieces.ts";
import { createTurnHash, type RunningHash } from "./running-hash.ts";

/** Blobs that are written to at one time; a hash is some hundred bytes. */
const HASHES_MAX = 1_000;
/** A first piece this large comes from something fast, whose hash is worth a thread. */
const FAST_BYTES = 4 * 1024 * 1024;

interface KnownHash {
  /** Of as many bytes from the blob's start on. */
  position: number;
  hash: RunningHash;
}

/**
 * SHA-256 of the starts of blobs that were appended to by this process alone so far: the state of a hash cannot be
 * given to another process. What is stored never changes, so a hash stays right wherever the blob is appended to.
 */
const known = new Map<string, KnownHash>();

/** What one writer adds to a blob's hash. */
export interface AppendedHash {
  /** Resolves when the piece is not needed any more. Never rejects. */
  update(piece: Piece): Promise<void>;
  /** Hex, of the blob up to the last piece; null where this process has not seen all of it go by. */
  digest(): Promise<string | null>;
  /** Ends the writing. The next one goes on from here, where what is stored now is just what was hashed. */
  keep(storedBytes: number | null): void;
}

/** To go on with behind the blob's first `position` bytes. */
export function resumeHash(blobId: string, position: number): AppendedHash {
  const before = known.get(blobId);
  let hash = before?.position === position ? before.hash.copy() : null;
  let hashedBytes = position;
  return {
    async update({ chunks, bytes }) {
      if (hashedBytes === 0) hash ??= createHash(bytes);
      hashedBytes += bytes;
      await hash?.update(chunks);
    },
    digest: async () => (hash === null ? null : hash.digest()),
    keep(storedBytes) {
      if (hash === null) return;
      // What was hashed and then not stored may come again as other bytes.
      if (storedBytes === hashedBytes) note(blobId, { position: storedBytes, hash });
      else hash.release();
      hash = null;
    },
  };
}

function createHash(firstBytes: number): RunningHash {
  if (firstBytes < FAST_BYTES) return createTurnHash();
  try {
    return createThreadHash();
  } catch (error) {
    log.warn({ err: error }, "no thread could be made to hash in");
    return createTurnHash();
  }
}

function note(blobId: string, running: KnownHash): void {
  forget(blobId);
  known.set(blobId, running);
  const [oldest] = known.keys();
  if (known.size > HASHES_MAX && oldest !== undefined) forget(oldest);
}

function forget(blobId: string): void {
  known.get(blobId)?.hash.release();
  known.delete(blobId);
}

/** Hex, of the blob's first `bytes`; null where this process has not seen all of them go by. Known once. */
export async function takeHash(blobId: string, bytes: number): Promise<string | null> {
  const running = known.get(blobId);
  const sha256 = running?.position === bytes ? running.hash.digest() : null;
  forget(blobId);
  return sha256;
}
