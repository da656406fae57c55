/** A running worker, as the queue sees it. */
export interface RunningWorker {
  send(request: unknown): void;
  end(): void;
}

export interface WorkerListener {
  onAnswer(answer: unknown): void;
  onFailure(): void;
}

interface WorkerQueueOptions {
  /** Starts a worker that answers each request once. May throw. */
  start: (listener: WorkerListener) => RunningWorker;
  /** A request that takes longer ends the worker; the next request gets a new one. */
  timeoutMs: number;
  /** More requests than this wait at one time; of those the oldest are given up. */
  waitingMax: number;
}

interface Waiting {
  request: unknown;
  settle: (answer: unknown) => void;
}

/**
 * Gives requests to a worker one by one; the newest waiting one is next, because it is what somebody looks at now.
 * Answers null when it took too long, failed, or was given up for newer ones: then the page does without.
 */
export function createWorkerQueue({ start, timeoutMs, waitingMax }: WorkerQueueOptions) {
  const waiting: Waiting[] = [];
  let worker: RunningWorker | null = null;
  let end: ((answer: unknown) => void) | null = null;

  function fail(): void {
    worker?.end();
    worker = null;
    end?.(null);
  }

  function next(): void {
    const entry = end === null ? waiting.pop() : undefined;
    if (entry === undefined) return;
    const timer = setTimeout(fail, timeoutMs);
    end = (answer) => {
      clearTimeout(timer);
      end = null;
      entry.settle(answer);
      next();
    };
    try {
      worker ??= start({ onAnswer: (answer) => end?.(answer), onFailure: fail });
      worker.send(entry.request);
    } catch {
      // No workers here, or not for this page: what they would have added is left out.
      fail();
    }
  }

  return (request: unknown): Promise<unknown> =>
    new Promise((settle) => {
      waiting.push({ request, settle });
      if (waiting.length > waitingMax) waiting.shift()?.settle(null);
      next();
    });
}
