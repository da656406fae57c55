import { expect, test, vi } from "vitest";
import { createWorkerQueue, type WorkerListener } from "./worker-queue.ts";

interface FakeWorker extends WorkerListener {
  requests: unknown[];
  isEnded: boolean;
}

/** Workers that answer when told; all that were ever started. */
function createWorkers() {
  const workers: FakeWorker[] = [];
  const start = (listener: WorkerListener) => {
    const worker: FakeWorker = { ...listener, requests: [], isEnded: false };
    workers.push(worker);
    return {
      send: (request: unknown) => void worker.requests.push(request),
      end: () => void (worker.isEnded = true),
    };
  };
  return { workers, start };
}

const limits = { timeoutMs: 1_000, waitingMax: 9 };

test("requests are answered one by one, the newest waiting one first", async () => {
  const { workers, start } = createWorkers();
  const ask = createWorkerQueue({ start, ...limits });
  const answers = [ask("a"), ask("b"), ask("c")];
  expect(workers[0]?.requests).toEqual(["a"]);
  for (const answer of ["A", "C", "B"]) workers[0]?.onAnswer(answer);
  expect(await Promise.all(answers)).toEqual(["A", "B", "C"]);
  expect(workers).toHaveLength(1);
});

test("a request that takes too long ends its worker, and the next one gets another", async () => {
  vi.useFakeTimers();
  const { workers, start } = createWorkers();
  const ask = createWorkerQueue({ start, ...limits });
  const answers = [ask("slow"), ask("next")];
  vi.advanceTimersByTime(1_000);
  expect(workers[0]?.isEnded).toBe(true);
  workers[1]?.onAnswer("N");
  expect(await Promise.all(answers)).toEqual([null, "N"]);
  vi.useRealTimers();
});

test("a worker that fails or cannot start answers null", async () => {
  const { workers, start } = createWorkers();
  const ask = createWorkerQueue({ start, ...limits });
  const failed = ask("a");
  workers[0]?.onFailure();
  expect(await failed).toBeNull();
  const never = createWorkerQueue({
    start: () => {
      throw new Error("no workers here");
    },
    ...limits,
  });
  expect(await Promise.all([never("a"), never("b")])).toEqual([null, null]);
});

test("of too many waiting requests the oldest are given up", async () => {
  const { start } = createWorkers();
  const ask = createWorkerQueue({ start, ...limits, waitingMax: 2 });
  const [, oldest] = [ask("running"), ask("b"), ask("c"), ask("d")];
  expect(await oldest).toBeNull();
});
