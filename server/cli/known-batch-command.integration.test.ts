import { expect, test } from "vitest";
import { createBatchId } from "#lib/ids.ts";
import { message } from "#server/ingest/testing/use-ingest.ts";
import { exitCodes } from "./exit-codes.ts";
import { useBatchCommand } from "./testing/use-batch-command.ts";

const batch = useBatchCommand();
const { ingest, run, ask, writeLines, itemsOf } = batch;

const session = (index: number, title = "x") =>
  JSON.stringify({ index, data: [{ type: "session", data: { title } }, message(0)] });

/** It may work later. */
const failingLine = JSON.stringify({ index: 1, upload: `upl_${"0".repeat(26)}` });

const newBatch = async (asked: object): Promise<string> => {
  const body = JSON.stringify({ kind: "import", ...asked });
  return (await ingest.ask("POST", "/api/v1/batches", { body })).body.batch.batchId;
};

test("corrected and missing lines are brought to the batch that is named, others are not read again", async () => {
  const path = await writeLines("first.ndjson", [session(0), '{"index":1,"data":[}', session(2)]);
  const { batchId, exitCode } = await run([path]);
  expect(exitCode).toBe(exitCodes.partial);
  const corrected = await writeLines("corrected.ndjson", [
    session(1, "Mended"),
    session(2, "Other"),
  ]);
  const again = await run([corrected, "--batch", batchId]);
  expect(again).toMatchObject({ exitCode: exitCodes.complete, batchId });
  expect(again.notes).toEqual(["1 lines are there already", "3 of 3 lines done"]);
  expect(await itemsOf(batchId)).toMatchObject(
    [0, 1, 2].map((index) => ({ index, state: "done" })),
  );
});

test("a batch that still misses lines is left open, and says how many", async () => {
  const batchId = await newBatch({ expectedCount: 4 });
  const part = await writeLines("part.ndjson", [session(3), session(1)]);
  const { exitCode, notes } = await run([part, "--batch", batchId]);
  expect(exitCode).toBe(exitCodes.partial);
  expect(notes.at(-1)).toMatch(/of 2 lines done.*, 2 missing$/);
  const rest = await writeLines("rest.ndjson", [session(0), session(2), session(3)]);
  expect(await run([rest, "--batch", batchId])).toMatchObject({ exitCode: exitCodes.complete });
});

test("a batch of another kind, or none, takes no lines of a file", async () => {
  const path = await writeLines("kind.ndjson", ['{"prompt":"x"}']);
  const batchId = await newBatch({});
  await expect(ask(["start", path, "--batch", batchId])).rejects.toMatchObject({
    exitCode: exitCodes.usage,
  });
  await expect(run([path, "--batch", createBatchId()])).rejects.toMatchObject({
    exitCode: exitCodes.failed,
    message: expect.stringContaining("no such batch"),
  });
});

test("lines for a batch that was aborted meanwhile are refused at once", async () => {
  const batchId = await newBatch({});
  expect(await ask(["abort", batchId])).toMatchObject({
    exitCode: exitCodes.complete,
    printed: [expect.stringContaining("aborted")],
  });
  const path = await writeLines("late.ndjson", [session(0)]);
  const notes: string[] = [];
  const terminal = { print() {}, note: (line: string) => void notes.push(line), progress() {} };
  await expect(run([path, "--batch", batchId], { terminal })).rejects.toMatchObject({
    exitCode: exitCodes.failed,
  });
  expect(notes).toEqual([]);
});

test("of a batch that was aborted every command tells its counts, and does not fail otherwise", async () => {
  const batchId = await newBatch({ expectedCount: 2 });
  const path = await writeLines("half.ndjson", [session(0)]);
  await run([path, "--batch", batchId]);
  await expect.poll(() => itemsOf(batchId), { timeout: 10_000 }).toMatchObject([{ state: "done" }]);
  const printed = [`${batchId} aborted (Aborted by request): 1 of 1 lines done, 1 missing`];
  for (const action of ["abort", "abort"])
    expect(await ask([action, batchId])).toMatchObject({ exitCode: exitCodes.complete, printed });
  for (const action of ["status", "retry"])
    expect(await ask([action, batchId])).toMatchObject({
      exitCode: exitCodes.failed,
      printed,
      notes: [],
    });
});

test("an open batch, which does not end, is not waited for when its lines are tried again", async () => {
  const batchId = await newBatch({ expectedCount: 2 });
  const path = await writeLines("failing.ndjson", [failingLine]);
  await run([path, "--batch", batchId]);
  await expect
    .poll(() => itemsOf(batchId), { timeout: 10_000 })
    .toMatchObject([{ state: "failed" }]);
  expect(await ask(["retry", batchId])).toMatchObject({
    exitCode: exitCodes.partial,
    notes: ["1 lines are tried again"],
    printed: [expect.stringMatching(/ open: .*1 missing$/)],
  });
});

test("status tells how a batch does, results what became of each line, retry tries again what failed", async () => {
  const path = await writeLines("mixed.ndjson", [session(0, "Good"), failingLine]);
  const { batchId } = await run([path]);
  const words = `${batchId} done: 1 of 2 lines done, 1 failed`;
  expect(await ask(["status", batchId])).toMatchObject({
    exitCode: exitCodes.partial,
    printed: [words],
  });
  const { written, exitCode } = await ask(["results", batchId]);
  expect(exitCode).toBe(exitCodes.complete);
  const results = written
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(results).toMatchObject([
    { index: 0, state: "done", session: { title: "Good" } },
    { index: 1, state: "failed", reason: expect.any(String) },
  ]);
  expect(await ask(["retry", batchId])).toMatchObject({
    exitCode: exitCodes.partial,
    notes: ["1 lines are tried again"],
    printed: [words],
  });
  await expect(ask(["abort", batchId])).rejects.toMatchObject({ exitCode: exitCodes.failed });
});
