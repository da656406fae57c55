import type { RunningWorker, WorkerListener } from "./worker-queue.ts";

/** Listens to a worker that has just been started. */
export function startWorker(worker: Worker, listener: WorkerListener): RunningWorker {
  worker.addEventListener("message", ({ data }) => listener.onAnswer(data));
  worker.addEventListener("error", () => listener.onFailure());
  worker.addEventListener("messageerror", () => listener.onFailure());
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    send: (request) => worker.postMessage(request),
    end: () => worker.terminate(),
  };
}
