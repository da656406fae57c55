import type { Readable } from "node:stream";

/** A stored segment as the sweeper sees it. */
export interface StoredSegment {
  key: string;
  bytes: number;
  storedAt: Date;
}

export interface PutOptions {
  /** Bytes that `source` will bring, where known: a driver may then write without buffering. */
  byteLength?: number;
  signal?: AbortSignal;
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
   * `unavailable` when the storage fails or brings another length than `byteLength`; errors of `source` pass through.
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
  /** Removes what writes before `before` left half-made (temporary files, open multipart uploads). Returns how many. */
  removeUnfinished(before: Date): Promise<number>;
}
