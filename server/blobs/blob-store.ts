import type { Readable } from "node:stream";

/** A stored segment as the sweeper sees it. */
export interface StoredSegment {
  key: string;
  bytes: number;
  storedAt: Date;
}

/** A write that has not come to its end: of a process that died, or of one that still goes on. */
export interface UnfinishedWrite {
  key: string;
  /** The driver's own name for it. */
  handle: string;
  /** When it began; later where the driver knows of a later sign of life. */
  startedAt: Date;
}

export interface PutOptions {
  /** Bytes that `source` will bring, where known: a driver may then need fewer requests. */
  byteLength?: number;
  signal?: AbortSignal;
  /**
   * Told when all bytes have left this process, and only their becoming durable is awaited. A driver that holds them to
   * its end does not call it.
   */
  onTaken?: (() => void) | undefined;
}

export interface ByteRange {
  /** First byte, from 0. */
  offset?: number;
  /** Bytes to read; to the end when left out. Reading past the end gives fewer. */
  length?: number;
}

/**
 * Keeps immutable segments of bytes; one driver per kind of storage. Which segments make a blob, and which of them
 * are still needed, is known by Postgres only. Keys come from `createSegmentKey` and are never used twice, so a driver
 * never overwrites and needs no conditional writes.
 */
export interface BlobStore {
  /**
   * Stores `source` under a new key. The bytes are durable when it resolves, and unreadable under the key before.
   * `unavailable` when the storage fails or `source` brings another length than `byteLength`; errors of `source` pass
   * through. A driver may hold chunks for a while: `source` must not use their memory again.
   */
  put(
    key: string,
    source: AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<{ bytes: number }>;
  /** `not_found` when there is no such key. The stream must be read to its end or destroyed. */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /** Removes what is there; an unknown key is no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** Every stored segment, in any order, at constant memory. */
  list(): AsyncIterable<StoredSegment>;
  /** Temporary files, open multipart uploads; in any order, at constant memory. */
  listUnfinished(): AsyncIterable<UnfinishedWrite>;
  /** Removes what such a write has left, as if it had never begun; one that has ended meanwhile is no error. */
  removeUnfinished(write: UnfinishedWrite): Promise<void>;
}
