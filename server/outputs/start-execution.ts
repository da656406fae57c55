import { randomUUID } from "node:crypto";
import { AppError, toAppError } from "#lib/errors.ts";
import { orAborted } from "#lib/or-aborted.ts";
import type { StreamEvent } from "#lib/stream-events.ts";
import type { StreamConsumer } from "#lib/stream-to-storage.ts";
import type { Ports } from "#lib/stream-ports.ts";
import { outlastOutage } from "#server/sessions/outlast-outage.ts";
import type { ExecutionTarget, OutputServices } from "./begin-output.ts";
import { createPortStorage } from "./port-storage.ts";
import { readResult } from "./read-result.ts";
import { recordStart } from "./record-result.ts";
import { createStreamChannel } from "./stream-channel.ts";
import { hydrateValues, type StreamedExecution } from "./streamed-execution.ts";

/** How an execution ended is tried to be recorded for so long while the database is away. */
const SETTLE_MS = 300_000;

/** What the body of a job gets. */
export interface JobTools {
  /**
   * Resolves at the pace of storage: whoever waits for it piles nothing up. Events are taken in the order of the calls,
   * also by whoever does not wait. Rejects when storage failed, when the port was not declared, and when the job must
   * end; after that a finish rejects with the same, so that nothing lost is taken for the whole.
   */
  emit(event: StreamEvent): Promise<void>;
  /** Aborted when the job must end. */
  signal: AbortSignal;
}

export interface NewExecution {
  target: ExecutionTarget;
  ports: Ports;
  /** In this process. Those that take whole values find them in the finish event. */
  consumers?: readonly StreamConsumer[];
  /** From here on a result is a reference. */
  thresholdBytes?: number;
  signal?: AbortSignal;
}

export interface Execution extends StreamedExecution {
  /** Resolves when the job has finished and all that it brought is stored. Rejects when it did not. */
  done: Promise<void>;
}

/**
 * Runs a job whose outputs go to storage while it makes them. A job that throws, is aborted, or ends without a `finish`
 * leaves its outputs incomplete, and says so in the row of its result; so does the death of the process. An execution is
 * run again only when it did not finish.
 */
export function startExecution(
  services: OutputServices,
  options: NewExecution,
  job: (tools: JobTools) => Promise<void>,
): Execution {
  const { signal: given } = options;
  const target = { ...options.target, attemptId: randomUUID() };
  const channel = createStreamChannel(services);
  const storage = createPortStorage(services, channel, { ...options, target });
  const stopping = new AbortController();
  const signal = given ? AbortSignal.any([given, stopping.signal]) : stopping.signal;

  const emitNow = async (event: StreamEvent) => {
    signal.throwIfAborted();
    if (event.type === "finish" && refusal) throw refusal.reason;
    if (event.type === "phase") tellPhase(services, target, event);
    const shown = await storage.prepare(event);
    await channel.emit(event, shown);
    signal.throwIfAborted();
  };

  let refusal: { reason: unknown } | null = null;
  let emitting: Promise<void> = Promise.resolve();
  const emit = (event: StreamEvent): Promise<void> => {
    const emitted = emitting.then(() => emitNow(event));
    emitting = emitted.catch((reason: unknown) => void (refusal ??= { reason }));
    return emitted;
  };

  /** Whatever becomes of that, what the job failed with is what is told. */
  const settle = async (reason: AppError) => {
    try {
      const giveUp = AbortSignal.timeout(SETTLE_MS);
      await outlastOutage(() => storage.settleIncomplete(reason), giveUp);
    } catch (error) {
      services.log.error({ err: error }, "the end of an execution is not recorded");
    }
  };

  const run = async () => {
    try {
      await recordStart(services, target);
      await orAborted(job({ emit, signal }), signal);
      storage.requireFinished();
    } catch (cause) {
      const error = toAppError(cause);
      channel.close(error);
      // A job that does not listen to its signal may emit nothing any more.
      stopping.abort(error);
      await settle(error);
      throw error;
    }
  };
  const done = run();
  done.catch(() => {});

  return {
    done,
    onStream: (listener) => channel.onStream(listener),
    async output({ hydrate } = {}) {
      await done;
      const values = await readResult(services.database.sql, target);
      if (values === null) throw new AppError("gone", "The execution was deleted");
      return hydrateValues(values, { hydrate });
    },
  };
}

/** Shown and never stored. */
function tellPhase(
  { bus }: OutputServices,
  { sessionId, generation, executionId }: ExecutionTarget,
  { message, progress }: Extract<StreamEvent, { type: "phase" }>,
): void {
  bus.publishVolatile(sessionId, {
    type: "phase",
    generation,
    executionId,
    message,
    progress: progress ?? null,
  });
}
