import type { Job, PgBoss } from "pg-boss";
import { createDeferred } from "#lib/create-deferred.ts";
import type { Log } from "#server/log.ts";
import type { Slots } from "./slots.ts";

/** Retries and jobs of the dead are told to nobody, and news may be lost. */
const POLL_MS = 1_000;

/** One is on its way back, often with nothing, when a job comes: the other asks for it at once. */
const FETCHER_COUNT = 2;
/** What it takes to tell the queue of jobs that did not end in time. */
const GIVE_BACK_MS = 1_000;

/** Fetches jobs and runs them, until it is stopped. */
export interface JobLoop {
  queueNames: string[];
  /** There is a job: fetches at once, or as soon as a slot is free. */
  wake(): void;
  /** Fetches no more; resolves when the running jobs have ended or, after `timeoutMs`, were given back. */
  stop(timeoutMs: number): Promise<void>;
}

interface JobLoopOptions {
  boss: PgBoss;
  queueNames: string[];
  slots: Slots;
  /** Does a job and settles it; the signal is aborted when it must end. Must not throw. */
  run(job: Job<unknown>, signal: AbortSignal): Promise<void>;
  log: Log;
}

/**
 * Takes a slot first and fetches then: a job that this process has no slot for stays in the queue, where others find it.
 * The queues take turns in being asked first.
 */
export function startJobLoop({ boss, queueNames, slots, run, log }: JobLoopOptions): JobLoop {
  const stopping = new AbortController();
  /** How to end each of the jobs that run. */
  const running = new Map<Promise<void>, AbortController>();
  let names = queueNames;

  const fetchOne = async () => {
    for (const name of names) {
      const [job] = await boss.fetch<unknown>(name);
      if (job) return job;
    }
    return null;
  };

  const begin = (job: Job<unknown>, giveSlotBack: () => void) => {
    const next = names.indexOf(job.name) + 1;
    names = [...names.slice(next), ...names.slice(0, next)];
    const over = new AbortController();
    const ended = run(job, over.signal).finally(() => {
      giveSlotBack();
      running.delete(ended);
    });
    running.set(ended, over);
  };

  const fetchAndRun = async (news: News) => {
    while (!stopping.signal.aborted) {
      const giveSlotBack = await slots.take(stopping.signal).catch(() => null);
      if (giveSlotBack === null) return;
      news.forget();
      const job = await fetchOne().catch((error: unknown) => {
        log.warn({ err: error, queueNames }, "jobs not fetched, to be tried again");
        return null;
      });
      if (job) {
        begin(job, giveSlotBack);
        continue;
      }
      giveSlotBack();
      await news.wait(POLL_MS);
    }
  };
  const fetchers = Array.from({ length: FETCHER_COUNT }, createNews);
  const fetching = Promise.all(fetchers.map(fetchAndRun));
  const wake = () => fetchers.forEach((news) => news.tell());

  return {
    queueNames,
    wake,
    async stop(timeoutMs) {
      stopping.abort(new Error("The queue is stopping"));
      wake();
      const ended = fetching.then(() => Promise.all(running.keys()));
      await settledWithin(ended, timeoutMs);
      for (const over of running.values()) over.abort(new Error("The queue was stopped"));
      await settledWithin(ended, GIVE_BACK_MS);
    },
  };
}

async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  const { promise: isOver, resolve } = createDeferred<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([promise, isOver]);
  clearTimeout(timer);
}

interface News {
  tell(): void;
  forget(): void;
  wait(timeoutMs: number): Promise<void>;
}

/** News that is told while nobody waits ends the next wait at once, unless it was forgotten. */
function createNews(): News {
  let next = createDeferred<void>();
  return {
    tell: () => next.resolve(),
    forget: () => void (next = createDeferred<void>()),
    async wait(timeoutMs: number): Promise<void> {
      const timer = setTimeout(next.resolve, timeoutMs);
      await next.promise;
      clearTimeout(timer);
    },
  };
}
