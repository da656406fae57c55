import { AppError } from "#lib/errors.ts";
import { BLOB_SEGMENT_BYTES } from "#lib/limits.ts";
import type { BlobStore } from "#server/blobs/blob-store.ts";
import { discardBlobs } from "#server/blobs/delete-blobs.ts";
import { blobIdOfKey } from "#server/blobs/segment-key.ts";
import { type BlobServices, writeBlob } from "#server/blobs/write-blob.ts";
import type { Log } from "#server/log.ts";

/** A slower reader than this gets a broken answer. */
const LEASE_MS = 24 * 60 * 60_000;

export interface SpoolServices extends BlobServices {
  log: Log;
}

interface SpoolOptions {
  sessionId: string;
  generation: number;
  source: AsyncIterable<Uint8Array>;
  /** Aborted when the reader has left. */
  signal: AbortSignal;
}

/** Bytes on their way through a temporary blob. */
export interface Spool {
  /** From the first byte on, as far as they are stored; ends when all are, fails when the source or the store does. */
  read(): AsyncGenerator<Buffer>;
  /** Ends whatever is under way and removes the blob. Safe to call again. */
  remove(): Promise<void>;
}

/**
 * Takes a stream in at full speed, so that whoever makes it can let go, and gives it out at the reader's: the segments
 * of the blob (8 MiB) are read as soon as they are stored. The blob is swept when this process dies.
 */
export function openSpool(services: SpoolServices, options: SpoolOptions): Spool {
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopped.signal, options.signal]);
  const keys: string[] = [];
  let blobId: string | null = null;
  let wake = () => {};
  const state: { end: { error: unknown } | null } = { end: null };

  const blobs = watchPuts(services.blobs, {
    onBegin: (key) => (blobId = blobIdOfKey(key)),
    onStored(key) {
      keys.push(key);
      wake();
    },
  });
  const { sessionId, generation, source } = options;
  const written = writeBlob(
    { database: services.database, blobs },
    {
      sessionId,
      generation,
      purpose: "export",
      mime: "application/octet-stream",
      source: until(source, signal),
      signal,
      segmentBytes: BLOB_SEGMENT_BYTES,
      leaseMs: LEASE_MS,
    },
  ).then(
    () => null,
    (error: unknown) => error,
  );
  void written.then((error) => {
    state.end = { error };
    wake();
  });

  const waitForMore = () => new Promise<void>((resolve) => (wake = resolve));

  async function* read(): AsyncGenerator<Buffer> {
    for (let n = 0; ; n += 1) {
      while (keys[n] === undefined && state.end === null) await waitForMore();
      signal.throwIfAborted();
      const key = keys[n];
      if (key !== undefined) yield* (await services.blobs.open(key)) as AsyncIterable<Buffer>;
      else if (state.end?.error) throw state.end.error;
      else return;
    }
  }

  return {
    read,
    async remove() {
      stopped.abort(new AppError("gone", "The reader has left"));
      await written;
      if (blobId === null) return;
      await discardBlobs(services, [blobId]);
    },
  };
}

interface PutListeners {
  onBegin: (key: string) => void;
  onStored: (key: string) => void;
}

/** The same store; tells of each segment. */
function watchPuts(store: BlobStore, { onBegin, onStored }: PutListeners): BlobStore {
  const put: BlobStore["put"] = async (key, source, options) => {
    onBegin(key);
    const stored = await store.put(key, source, options);
    onStored(key);
    return stored;
  };
  return Object.assign(Object.create(store) as BlobStore, { put });
}

async function* until(source: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  for await (const chunk of source) {
    signal.throwIfAborted();
    yield chunk;
  }
}
