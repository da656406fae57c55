import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { log } from "#server/log.ts";
import type { RunningHash } from "./running-hash.ts";

/** In the order in which they are sent. `digest` ends a hash. */
export type HashRequest =
  | { type: "create" | "digest" | "forget"; id: number }
  | { type: "copy"; id: number; from: number }
  /** Of the shared memory. */
  | { type: "update"; id: number; start: number; bytes: number };

type HashAnswer =
  | { type: "digest"; id: number; sha256: string }
  | { type: "update"; start: number };

/** Copied to the other thread at once. */
const SLOT_BYTES = 512 * 1024;
/** On their way to the other thread at one time, of all hashes. */
const SLOTS = 8;

let running: HashThread | null = null;

/**
 * Works in a thread of its own, which the first hash starts and all of this process share: bytes that come at the speed
 * of a disk would otherwise hold up everything else. Should the thread die, its hashes are lost, and the next one
 * starts another.
 */
export function createThreadHash(): RunningHash {
  running ??= startThread();
  const id = running.newId();
  running.send({ type: "create", id });
  return openHash(running, id);
}

function openHash(thread: HashThread, id: number): RunningHash {
  const { slots, send } = thread;
  const copy = () => {
    const copyId = thread.newId();
    send({ type: "copy", id: copyId, from: id });
    return copyId;
  };
  return {
    async update(chunks) {
      for (const chunk of chunks) {
        for (let from = 0; from < chunk.byteLength; from += SLOT_BYTES) {
          const start = await slots.take();
          if (start === null) return;
          const part = chunk.subarray(from, from + SLOT_BYTES);
          slots.bytes.set(part, start);
          send({ type: "update", id, start, bytes: part.byteLength });
        }
      }
    },
    copy: () => openHash(thread, copy()),
    digest: () => thread.digest(copy()),
    release: () => send({ type: "forget", id }),
  };
}

/** Beside this file, or beside the bundle. Joined by hand, as bundlers take `new URL(…)` for an asset of theirs. */
function findWorker(): string {
  const folders = [dirname(fileURLToPath(import.meta.url)), dirname(process.argv[1] ?? ".")];
  const paths = folders.map((folder) => join(folder, "hash-worker.mjs"));
  return paths.find(existsSync) ?? paths[0]!;
}

type HashThread = ReturnType<typeof startThread>;

function startThread() {
  const slots = createSlots();
  const worker = new Worker(findWorker(), { workerData: { memory: slots.memory }, execArgv: [] });
  const send = (request: HashRequest) => worker.postMessage(request, []);
  const digests = new Map<number, (sha256: string | null) => void>();
  let lastId = 0;

  worker.on("message", (answer: HashAnswer) => {
    if (answer.type === "update") return slots.give(answer.start);
    digests.get(answer.id)?.(answer.sha256);
    digests.delete(answer.id);
  });
  worker.on("error", (error) => log.error({ err: error }, "the thread that hashes has failed"));
  worker.on("exit", () => {
    running = null;
    slots.close();
    for (const answer of digests.values()) answer(null);
    digests.clear();
  });
  // Behind the listeners, which take it back. Whoever waits for an answer has a database that keeps the process alive.
  worker.unref();

  return {
    slots,
    send,
    newId: () => (lastId += 1),
    /** Ends the hash. */
    async digest(id: number): Promise<string | null> {
      if (slots.isClosed()) return null;
      send({ type: "digest", id });
      return new Promise((answer) => digests.set(id, answer));
    },
  };
}

/** Places in memory that both threads see: taken before a chunk is copied there, given back when it is hashed. */
function createSlots() {
  const memory = new SharedArrayBuffer(SLOT_BYTES * SLOTS);
  const free = Array.from({ length: SLOTS }, (_, n) => n * SLOT_BYTES);
  const waiters: ((start: number | null) => void)[] = [];
  let isClosed = false;
  return {
    memory,
    bytes: new Uint8Array(memory),
    isClosed: () => isClosed,
    /** In turn. Null when the other thread is gone. */
    take(): Promise<number | null> {
      if (isClosed) return Promise.resolve(null);
      const start = free.pop();
      if (start !== undefined) return Promise.resolve(start);
      return new Promise((admit) => waiters.push(admit));
    },
    give(start: number) {
      const next = waiters.shift();
      if (next) next(start);
      else free.push(start);
    },
    close() {
      isClosed = true;
      for (const admit of waiters.splice(0)) admit(null);
    },
  };
}
