import { toAppError } from "#lib/errors.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { databaseTrouble } from "#server/database/is-database-away.ts";
import type { NewsServices } from "#server/live/transact.ts";
import { log } from "#server/log.ts";
import { codeOf, failureKind, isDatabaseCode } from "./failure-kind.ts";
import { gatherBatches, isLarge } from "./gather-batches.ts";
import type { ItemSource } from "./item-input.ts";
import type { MovedMessage } from "./plan-messages.ts";
import { refuseItem, type BatchEntry } from "./prepare-item.ts";
import { retryPassing } from "./retry-passing.ts";
import { writeAhead } from "./write-ahead.ts";
import {
  settleTurns,
  type BatchOutcome,
  type BatchTarget,
  type ItemResult,
  type Provisional,
} from "./write-batch.ts";
import { writeEntries } from "./write-entries.ts";

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
  /** Left out by writes that count. */
  provisional?: Provisional;
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
 * that cannot be stored is skipped and leaves a row; it stops nothing. Holds two batches: the next one is gathered while
 * one is written. Throws `gone` (session deleted,
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
  await writeAhead(gatherBatches(items, firstIndex), {
    write: writer.write,
    isAlone: (batch) => batch.some(isLarge),
    signal,
  });
  await writer.finish();
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
  let last: BatchOutcome | null = null;

  const write = async (entries: readonly BatchEntry[]): Promise<void> => {
    try {
      last = await writeEntries(services, { ...target, received }, { entries, signal });
      // All batches of one write have one number: their places therein tell them apart.
      received = last.received;
      onBatch(last);
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

  const finish = async (): Promise<void> => {
    // Nothing to write still answers for a deleted session and a lost fence.
    if (last === null) await write([]);
    if (target.provisional || !last?.areTurnsLeft) return;
    await retryPassing(() => settleTurns(services, target), signal).catch((error: unknown) => {
      throw toWriteError(error);
    });
  };

  return { write, finish };
}

/** The database's raw errors may quote what was written; everything else comes through as it is. */
function toWriteError(error: unknown): unknown {
  if (failureKind(error) === "passing") return databaseTrouble(error);
  return isDatabaseCode(codeOf(error)) ? toAppError(error) : error;
}
