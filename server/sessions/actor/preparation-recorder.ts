import { durationInWords } from "#lib/duration-in-words.ts";
import { AppError, isAppError, toAppError } from "#lib/errors.ts";
import {
  pendingSteps,
  type PreparationState,
  type PreparationStep,
  type StepState,
} from "#lib/preparation.ts";
import type { Database } from "#server/database/database.ts";
import type { Bus } from "#server/live/bus.ts";
import type { Log } from "#server/log.ts";
import { createLogTail } from "#server/workspaces/log-tail.ts";
import { type Ownership, requireOwnership } from "../change-session.ts";
import { readExpectedTimes, recordStepTiming, type TimedWork } from "./step-timings.ts";

/** While output pours in: at most ten events a second to watchers, one write a second to the row. */
const PUBLISH_INTERVAL_MS = 100;
const PERSIST_INTERVAL_MS = 1_000;

export interface StepContext {
  /** Aborted when the step is out of time or the session's owner must stop. */
  signal: AbortSignal;
  /** Adds to the step's log; credentials must be removed by now. */
  onOutput(text: string): void;
}

interface StepOptions {
  timeoutMs: number;
  signal: AbortSignal;
}

/** What one attempt to prepare a session has done so far, told to watchers and kept in the session's one row. */
export interface PreparationRecorder {
  /**
   * Runs a step and records how it went. When `run` fails, or does not end in time, the step is failed with a safe
   * message, and the error is thrown on as an `AppError`. Output that comes after its step, as an agent's does, is still
   * added, until a step has failed or the last one is done.
   */
  step<Result>(
    name: PreparationStep,
    options: StepOptions,
    run: (context: StepContext) => Promise<Result>,
  ): Promise<Result>;
  /** Marks a step done that an earlier attempt has finished for good. */
  skip(name: PreparationStep): Promise<void>;
}

interface RecorderOptions {
  database: Database;
  bus: Bus;
  log: Log;
  ownership: Ownership;
  work: TimedWork;
  /** Those of the optional steps that there are. */
  also?: readonly PreparationStep[];
}

/** Begins the next attempt: all steps pending again, with the times that earlier runs lead to expect. */
export async function beginPreparation(options: RecorderOptions): Promise<PreparationRecorder> {
  const { database, bus, log, ownership, work, also = [] } = options;
  const { sessionId, generation } = ownership;
  const expected = await readExpectedTimes(database, work);
  const steps = pendingSteps(also).map((step) => ({
    ...step,
    expectedMs: expected.get(step.step) ?? null,
  }));
  let { attempt, revision } = await beginAttempt(database, ownership, steps);

  /** Writes overlap a step's end with its output: one at a time, so that the row never goes back. */
  let writing: Promise<void> = Promise.resolve();
  const persist = () => {
    writing = writing
      .catch(() => {})
      .then(() => writeSteps(database, ownership, { steps, revision }));
    return writing;
  };
  const publish = (step: StepState) => {
    bus.publishVolatile(sessionId, {
      type: "preparing",
      generation,
      attempt,
      revision,
      step: { ...step },
    });
  };
  const outputs: StepOutput[] = [];
  const close = () => outputs.splice(0).forEach((output) => output.close());
  const change = async (step: StepState, changes: Partial<StepState>) => {
    for (const output of outputs) output.flush();
    Object.assign(step, changes);
    revision += 1;
    await persist();
    publish(step);
  };

  /** Only for expectations: a failure is no failure of the step. */
  const remember = (step: PreparationStep, elapsedMs: number) => {
    recordStepTiming(database, work, { step, elapsedMs }).catch((error: unknown) =>
      log.warn({ err: error }, "time of a step not stored"),
    );
  };
  const find = (name: PreparationStep) => {
    const step = steps.find((candidate) => candidate.step === name);
    if (!step) throw new Error(`Unknown step ${name}`);
    return step;
  };

  return {
    async skip(name) {
      await change(find(name), { status: "done", elapsedMs: 0 });
    },

    async step(name, { timeoutMs, signal }, run) {
      const step = find(name);
      const startedMs = performance.now();
      await change(step, { status: "running", startedAt: new Date().toISOString() });
      const output = followOutput(step, {
        publish: () => {
          revision += 1;
          publish(step);
        },
        persist: () => {
          persist()
            // Again for pages that read the row before and began to listen after the first time.
            .then(() => publish(step))
            .catch((error: unknown) => log.warn({ err: error }, "log tail not stored"));
        },
      });
      outputs.push(output);
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const result = await run({
          signal: AbortSignal.any([signal, timeout]),
          onOutput: output.add,
        });
        // Read after every await: what happened before this line took its time.
        const elapsedMs = Math.round(performance.now() - startedMs);
        await change(step, { status: "done", elapsedMs });
        if (step === steps.at(-1)) close();
        remember(name, elapsedMs);
        return result;
      } catch (cause) {
        close();
        const error =
          timeout.aborted && !isAppError(cause) ? overdue(timeoutMs, cause) : toAppError(cause);
        const elapsedMs = Math.round(performance.now() - startedMs);
        await change(step, { status: "failed", elapsedMs, message: error.message });
        throw error;
      }
    },
  };
}

const overdue = (timeoutMs: number, cause: unknown) =>
  new AppError("unavailable", `This did not end within ${durationInWords(timeoutMs)}`, {
    details: { timeoutMs },
    cause,
  });

interface StepOutput {
  add(text: string): void;
  /** Puts what came into the step's state; whoever calls it writes that. */
  flush(): void;
  /** `flush`, for the last time: what comes later is left out. */
  close(): void;
}

function followOutput(
  step: StepState,
  { publish, persist }: { publish: () => void; persist: () => void },
): StepOutput {
  const tail = createLogTail();
  let isClosed = false;
  let publishTimer: NodeJS.Timeout | null = null;
  let persistTimer: NodeJS.Timeout | null = null;
  const stop = () => {
    if (publishTimer) clearTimeout(publishTimer);
    if (persistTimer) clearTimeout(persistTimer);
    publishTimer = persistTimer = null;
  };
  const flush = () => {
    stop();
    step.logTail = tail.read();
  };
  return {
    flush,
    add(text) {
      if (isClosed) return;
      tail.add(text);
      publishTimer ??= setTimeout(() => {
        publishTimer = null;
        step.logTail = tail.read();
        publish();
      }, PUBLISH_INTERVAL_MS);
      persistTimer ??= setTimeout(() => {
        persistTimer = null;
        persist();
      }, PERSIST_INTERVAL_MS);
    },
    close() {
      flush();
      isClosed = true;
    },
  };
}

async function beginAttempt(
  { sql }: Database,
  ownership: Ownership,
  steps: StepState[],
): Promise<Pick<PreparationState, "attempt" | "revision">> {
  return sql.begin(async (tx) => {
    await requireOwnership(tx, ownership);
    const [row] = await tx<{ attempt: number; revision: number }[]>`
      update preparations
      set attempt = attempt + 1, revision = revision + 1, status = 'running',
        steps = ${JSON.stringify(steps)}::text::jsonb, updated_at = now()
      where session_id = ${ownership.sessionId} and generation = ${ownership.generation}
      returning attempt, revision`;
    if (!row) throw new Error("The session has no preparation row");
    return row;
  });
}

async function writeSteps(
  { sql }: Database,
  ownership: Ownership,
  { steps, revision }: { steps: StepState[]; revision: number },
): Promise<void> {
  await sql.begin(async (tx) => {
    await requireOwnership(tx, ownership);
    await tx`
      update preparations
      set steps = ${JSON.stringify(steps)}::text::jsonb, revision = ${revision}, updated_at = now()
      where session_id = ${ownership.sessionId} and generation = ${ownership.generation}`;
  });
}
