import { setTimeout as delay } from "node:timers/promises";
import { AppError, toAppError } from "#lib/errors.ts";
import { markBlobsDeleted, removeDeletedBlobs } from "#server/blobs/delete-blobs.ts";
import { writeBlob, type BlobServices } from "#server/blobs/write-blob.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { log } from "#server/log.ts";
import { codeOf, failureKind, isDatabaseCode } from "./failure-kind.ts";
import { gatherBatches } from "./gather-batches.ts";
import type { ItemSource } from "./item-input.ts";
import type { MovedMessage } from "./plan-messages.ts";
import { refuseItem, type BatchEntry, type PreparedItem } from "./prepare-item.ts";
import { writeBatch, type BatchOutcome, type BatchTarget, type ItemResult } from "./write-batch.ts";

const ATTEMPTS = 5;
const FIRST_RETRY_MS = 20;
/** Pieces in which a body in memory is handed to the store. */
const PIECE_BYTES = 1024 * 1024;

/** What a write of items needs: where rows and bodies go, and who is told. */
export interface ItemServices extends BlobServices, NewsServices {}

export interface ItemWrite {
  sessionId: string;
  generation: number;
  /** Of the lease that the writer holds; left out by writers that own no session. */
  fence?: number;
  /** Number of the upload that brings the items, from the session's counter; left out: the next one. */
  received?: number;
  /** Place of the first item in its upload. */
  firstIndex?: number;
  /** In order. Pulled at the database's pace, so that a source of any length takes no more memory than a batch. */
  items: ItemSource;
  signal?: AbortSignal;
}

export interface WrittenItems {
  /** One for each item, in order. */
  results: ItemResult[];
  /** Position of the session's last change, ours or not. */
  lastSeq: number;
  /** Messages that found their place after a part of theirs had come. */
  moved: MovedMessage[];
}

/** Told of each batch once it is durable and announced, in order. */
export type OnBatch = (batch: WrittenItems) => void;

/** `writeItemStream` for as many items as fit into memory: answers for all of them together. */
export async function writeItems(services: ItemServices, write: ItemWrite): Promise<WrittenItems> {
  const written: WrittenItems = { results: [], lastSeq: 0, moved: [] };
  await writeItemStream(services, write, ({ results, lastSeq, moved }) => {
    for (const result of results) written.results.push(result);
    written.moved.push(...moved);
    written.lastSeq = lastSeq;
  });
  return written;
}

/**
 * The only writer of items. Items are written in batches, each in one transaction: when it rejects, what `onBatch` was
 * told of is stored; writing all again with the same `received` and `firstIndex` changes nothing that is there. An item
 * that cannot be stored is skipped and leaves a row; it stops nothing. Holds one batch. Throws `gone` (session deleted,
 * or another generation), `conflict` (fence lost), `unavailable` (database or blob store, after retries), `internal`;
 * errors of the source and of `signal` come through.
 */
export async function writeItemStream(
  services: ItemServices,
  write: ItemWrite,
  onBatch: OnBatch,
): Promise<void> {
  const { items, firstIndex = 0, signal, received, ...target } = write;
  const writer = createWriter(
    services,
    { ...target, received: received ?? null },
    { signal, onBatch },
  );
  for await (const batch of gatherBatches(items, firstIndex)) {
    signal?.throwIfAborted();
    await writer.write(batch);
  }
  // Nothing to write still answers for a deleted session and a lost fence.
  if (writer.isUnused()) await writer.write([]);
}

interface WriterOptions {
  signal: AbortSignal | undefined;
  onBatch: OnBatch;
}

function createWriter(
  services: ItemServices,
  target: BatchTarget,
  { signal, onBatch }: WriterOptions,
) {
  let received = target.received;
  let isUnused = true;

  const write = async (entries: readonly BatchEntry[]): Promise<void> => {
    try {
      const outcome = await writeEntries(services, { ...target, received }, { entries, signal });
      // All batches of one write have one number: their places therein tell them apart.
      received = outcome.received;
      isUnused = false;
      onBatch(outcome);
    } catch (error) {
      await writeAround(entries, error);
    }
  };

  /** Finds the item that the database refuses by halving, and skips it. */
  const writeAround = async (entries: readonly BatchEntry[], error: unknown): Promise<void> => {
    const [only] = entries;
    const isItemFault =
      failureKind(error) === "item" && entries.some((entry) => entry.kind === "prepared");
    if (!isItemFault || !only) throw toWriteError(error);
    if (entries.length === 1) {
      const code = codeOf(error);
      // The error itself quotes the row, which may hold anything.
      log.warn(
        { sessionId: target.sessionId, index: only.index, code },
        "item refused by the database",
      );
      return write([refuseItem(only, `The database refused the item (${code})`)]);
    }
    const middle = Math.ceil(entries.length / 2);
    await write(entries.slice(0, middle));
    await write(entries.slice(middle));
  };

  return { write, isUnused: () => isUnused };
}

interface Entries {
  entries: readonly BatchEntry[];
  signal: AbortSignal | undefined;
}

/** One batch, tried again for passing reasons; the body of a large item is stored first, once it is known to be needed. */
async function writeEntries(
  services: ItemServices,
  target: BatchTarget,
  { entries, signal }: Entries,
): Promise<BatchOutcome> {
  let bodyBlobId: string | null = null;
  for (let attempt = 1; ; attempt += 1) {
    const isRetry = attempt > 1;
    try {
      let outcome = await writeBatch(services, target, { entries, bodyBlobId, isRetry });
      if (outcome === null) {
        bodyBlobId = await storeBody(services, target, { entries, signal });
        outcome = await writeBatch(services, target, { entries, bodyBlobId, isRetry });
      }
      // With its body stored, a batch has no reason left to ask for it.
      if (outcome === null)
        throw new AppError("internal", "The body of an item was asked for twice");
      await removeBytes(services, outcome.releasedBlobIds);
      return outcome;
    } catch (error) {
      const isPassing = failureKind(error) === "passing";
      // A lost connection may have committed after all: then a row refers to the blob, and the sweeper decides.
      if (!isPassing && bodyBlobId !== null) await discardBody(services, bodyBlobId);
      if (!isPassing || attempt === ATTEMPTS) throw error;
      await delay(FIRST_RETRY_MS * 3 ** (attempt - 1) * (1 + Math.random()), undefined, { signal });
    }
  }
}

async function storeBody(
  services: ItemServices,
  { sessionId, generation }: BatchTarget,
  { entries, signal }: Entries,
): Promise<string> {
  const { large } = entries[0] as PreparedItem;
  const source = piecesOf(large!);
  const mime = "application/json";
  const { blobId } = await writeBlob(services, {
    sessionId,
    generation,
    purpose: "item",
    mime,
    source,
    signal,
  });
  return blobId;
}

async function* piecesOf(body: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < body.byteLength; start += PIECE_BYTES)
    yield body.subarray(start, start + PIECE_BYTES);
}

async function discardBody(services: ItemServices, blobId: string): Promise<void> {
  try {
    await markBlobsDeleted(services.database.sql, [blobId]);
    await removeDeletedBlobs(services, [blobId]);
  } catch (error) {
    log.warn({ blobId, err: error }, "an unused blob is left to the sweeper");
  }
}

/** The items are stored and say so: bytes that nobody refers to any more can wait for the sweeper. */
async function removeBytes(services: ItemServices, blobIds: readonly string[]): Promise<void> {
  try {
    await removeDeletedBlobs(services, blobIds);
  } catch (error) {
    log.warn({ blobIds, err: error }, "deleted blobs are left to the sweeper");
  }
}

/** The database's raw errors may quote what was written; everything else comes through as it is. */
function toWriteError(error: unknown): unknown {
  if (failureKind(error) === "passing") {
    return new AppError("unavailable", "The database did not answer", { cause: error });
  }
  return isDatabaseCode(codeOf(error)) ? toAppError(error) : error;
}
