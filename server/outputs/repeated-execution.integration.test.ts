import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import { releaseOutputs } from "./release-outputs.ts";
import { type JobTools, startExecution } from "./start-execution.ts";
import { loseAnswers } from "./testing/lost-answers.ts";
import { ports, text, useExecutionTest } from "./testing/use-execution-test.ts";

const { harness, start, follow } = useExecutionTest();

const startDeaf = (job: (tools: JobTools) => Promise<void>) =>
  startExecution(loseAnswers(harness.services), { target: harness.target, ports }, job);

test("an execution begins and finishes once, though the answers to its commits are lost", async () => {
  const execution = startDeaf(({ emit }) => emit({ type: "finish", values: {} }));
  await execution.done;
  expect(await follow().output()).toEqual({});
});

test("what a job failed with is told here as there, though the answers to commits are lost", async () => {
  const execution = startDeaf(() => Promise.reject(new AppError("conflict", "Not packed")));
  await expect(execution.done).rejects.toThrow("Not packed");
  await expect(follow().output()).rejects.toThrow("Not packed");
});

test("an earlier run of the same process ends nothing of a later one", async () => {
  const { sql } = harness.services.database;
  const [early, late] = [createDeferred<void>(), createDeferred<void>()];
  const begun = createDeferred<void>();
  const first = start(async () => {
    begun.resolve();
    await early.promise;
    throw new Error("too late");
  });
  await begun.promise;
  await sql.begin((tx) => releaseOutputs(tx, harness.services));
  const second = start(async ({ emit }) => {
    await late.promise;
    await emit({ type: "finish", values: {} });
  });
  const readState = async () => {
    const [row] = await sql`
      select state from execution_results where execution_id = ${harness.target.executionId}`;
    return row?.["state"];
  };
  await expect.poll(readState, { timeout: 20_000 }).toBe("running");
  early.resolve();
  await expect(first.done).rejects.toThrow("went wrong");
  late.resolve();
  await second.done;
  expect(await follow().output()).toEqual({});
});

test("what a later run brought holds nothing of an earlier one (#6)", async () => {
  const { sql } = harness.services.database;
  const { executionId } = harness.target;
  await start(async ({ emit }) => {
    await emit(text("of the first"));
    await emit({ type: "finish", values: { exitCode: 1 } });
  }).done;
  // As its process leaves it that dies once its values are stored.
  await sql`
    update execution_results set state = 'running', ended_at = null
    where execution_id = ${executionId}`;
  await sql.begin((tx) => releaseOutputs(tx, harness.services));
  const second = start(({ emit }) => emit({ type: "finish", values: { exitCode: 0 } }));
  expect(await second.output()).toEqual({ exitCode: 0 });
  expect(await follow().output()).toEqual({ exitCode: 0 });
});
