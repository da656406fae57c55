/**
 * What this browser keeps of a batch that it sends, so that another page can go on. `lines`: all of them, made here from a
 * table or lists. `file`: the one that has them. `files`: which index each one has. The browser gives files only to the
 * page in which they were chosen.
 */
export type BatchMemory =
  | { kind: "lines"; lines: Blob }
  | { kind: "file"; file: FileName }
  | { kind: "files"; files: (FileName & { index: number })[] };

export interface FileName {
  name: string;
  bytes: number;
}

interface Entry {
  batchId: string;
  memory: BatchMemory;
  keptAtMs: number;
}

const STORE = "batches";
const KEPT_MS = 30 * 24 * 60 * 60_000;

/** A browser that keeps nothing, as in private windows, costs no more than choosing again what is to be sent. */
export async function rememberBatch(batchId: string, memory: BatchMemory): Promise<void> {
  const entry: Entry = { batchId, memory, keptAtMs: Date.now() };
  await withStore("readwrite", (store) => store.put(entry)).catch(() => {});
}

/** Null for what is not known, or could not be asked for. */
export async function recallBatch(batchId: string): Promise<BatchMemory | null> {
  const entry = await withStore<Entry | undefined>("readonly", (store) => store.get(batchId)).catch(
    () => undefined,
  );
  return entry?.memory ?? null;
}

export async function forgetBatch(batchId: string): Promise<void> {
  await withStore("readwrite", (store) => store.delete(batchId)).catch(() => {});
}

async function withStore<Value>(
  mode: IDBTransactionMode,
  use: (store: IDBObjectStore) => IDBRequest,
): Promise<Value> {
  const database = await open();
  try {
    const store = database.transaction(STORE, mode).objectStore(STORE);
    if (mode === "readwrite") removeOld(store);
    return await settled<Value>(use(store));
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("millrace-batches", 1);
  request.addEventListener("upgradeneeded", () => {
    const store = request.result.createObjectStore(STORE, { keyPath: "batchId" });
    store.createIndex("keptAtMs", "keptAtMs");
  });
  return settled(request);
}

function removeOld(store: IDBObjectStore): void {
  const old = IDBKeyRange.upperBound(Date.now() - KEPT_MS);
  const request = store.index("keptAtMs").openKeyCursor(old);
  request.addEventListener("success", () => {
    const cursor = request.result;
    if (!cursor) return;
    store.delete(cursor.primaryKey);
    cursor.continue();
  });
}

const settled = <Value>(request: IDBRequest): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result as Value));
    request.addEventListener("error", () => reject(request.error ?? new Error("Nothing is kept")));
  });
