import { createDeferred } from "#lib/create-deferred.ts";
import { ITEM_BATCH_MAX_BYTES, ITEM_BATCH_MAX_COUNT } from "#lib/limits.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import type { Schedule } from "./schedule.ts";

const WRITE_INTERVAL_MS = 1_000;
const WRITE_INTERVAL_MAX_MS = 10_000;
/** A part of several megabytes is written less often: one second for each of these. */
const CHARACTERS_PER_INTERVAL = 1024 * 1024;
const WAITING_MAX_CHARACTERS = 32 * 1024 * 1024;

interface ItemWriteQueueOptions {
  writeItems(items: ItemInput[]): Promise<void>;
  /** The item as it is now; called when it is written, so the latest state wins and nothing older is kept. */
  read(key: string): ItemInput;
  /** The item is stored as it is now; `length` of its body. */
  onStored?(key: string, length: number): void;
  /** About how many characters it has. */
  sizeOf(key: string): number;
  now(): number;
  schedule: Schedule;
}

export interface ItemWriteQueue {
  /** The item changed. It is written at once the first time and when urgent, else a second after its last write. */
  mark(key: string, options: { urgent: boolean }): void;
  /** Resolves when everything that has changed until now is written; rejects when a write failed, now or before. */
  flush(): Promise<void>;
  /** A promise to wait for before more is taken in, while too much waits to be written. */
  pressure(): Promise<void> | undefined;
  /** Rejects once, with the first write that failed; nothing is written after it. */
  failed: Promise<never>;
}

/** Writes items that change often: one write at a time, about one a second and item, everything when one is urgent. */
export function createItemWriteQueue(options: ItemWriteQueueOptions): ItemWriteQueue {
  const { writeItems, read, sizeOf, now, schedule } = options;
  /** Moment from which a changed item may be written, by key in the order of the first change. */
  const dueAt = new Map<string, number>();
  const writtenAt = new Map<string, number>();
  const failure = createDeferred<never>();
  failure.promise.catch(() => {});
  let error: { cause: unknown } | null = null;
  let writing: Promise<void> | null = null;
  let unschedule: (() => void) | null = null;

  function takeBatch(): Map<string, ItemInput> {
    const moment = now();
    const items = new Map<string, ItemInput>();
    let characters = 0;
    for (const [key, due] of dueAt) {
      if (due > moment) continue;
      const item = read(key);
      items.set(key, item);
      dueAt.delete(key);
      writtenAt.set(key, moment);
      characters += item.body.length;
      if (characters >= ITEM_BATCH_MAX_BYTES || items.size === ITEM_BATCH_MAX_COUNT) break;
    }
    return items;
  }

  function tellStored(items: Map<string, ItemInput>): void {
    for (const [key, { body }] of items) {
      if (!dueAt.has(key)) options.onStored?.(key, body.length);
    }
  }

  async function writeDue(): Promise<void> {
    try {
      for (let items = takeBatch(); items.size > 0; items = takeBatch()) {
        await writeItems([...items.values()]);
        tellStored(items);
      }
    } catch (cause) {
      error = { cause };
      dueAt.clear();
      failure.reject(cause);
    }
  }

  function wake(): void {
    unschedule?.();
    unschedule = null;
    if (writing || error || dueAt.size === 0) return;
    const delayMs = Math.min(...dueAt.values()) - now();
    if (delayMs > 0) {
      unschedule = schedule(wake, delayMs);
      return;
    }
    // After this tick, so that what belongs together travels together.
    writing = Promise.resolve()
      .then(writeDue)
      .finally(() => {
        writing = null;
        wake();
      });
  }

  function mark(key: string, { urgent }: { urgent: boolean }): void {
    if (error) throw error.cause;
    const last = writtenAt.get(key);
    if (last === undefined) dueAt.set(key, Math.min(dueAt.get(key) ?? Infinity, now()));
    else if (!dueAt.has(key)) dueAt.set(key, last + intervalMs(sizeOf(key)));
    if (urgent) makeAllDue();
    wake();
  }

  const isBusy = () => error === null && (writing !== null || dueAt.size > 0);

  function makeAllDue(): void {
    for (const key of dueAt.keys()) dueAt.set(key, now());
  }

  return {
    mark,
    failed: failure.promise,

    async flush() {
      while (isBusy()) {
        makeAllDue();
        wake();
        await writing;
      }
      if (error) throw error.cause;
    },

    pressure() {
      if (!writing) return undefined;
      let characters = 0;
      for (const key of dueAt.keys()) characters += sizeOf(key);
      return characters > WAITING_MAX_CHARACTERS ? writing : undefined;
    },
  };
}

function intervalMs(characters: number): number {
  const steps = Math.ceil(characters / CHARACTERS_PER_INTERVAL);
  return Math.min(WRITE_INTERVAL_MAX_MS, WRITE_INTERVAL_MS * Math.max(1, steps));
}
