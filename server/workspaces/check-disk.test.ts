import { getEventListeners } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkDisk } from "./check-disk.ts";

const { signal } = new AbortController();

test("passes when there is enough, also for a folder that is not there yet", async () => {
  const missing = join(tmpdir(), "millrace-missing/deep/er");
  for (const path of [tmpdir(), missing]) {
    await expect(checkDisk({ path, minFreeBytes: 1, signal })).resolves.toBeUndefined();
  }
});

test("names what is free and what is needed", async () => {
  await expect(checkDisk({ path: tmpdir(), minFreeBytes: 2e18, signal })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(
      /^Not enough disk space on the server: [\d.]+ [KMGT]B free, 2 EB needed$/,
    ),
    details: { reason: "disk_full", minFreeBytes: 2e18 },
  });
});

test("a disk that does not answer is not waited for longer than the step may take", async () => {
  const over = AbortSignal.abort(new Error("The step is over"));
  await expect(checkDisk({ path: tmpdir(), minFreeBytes: 1, signal: over })).rejects.toThrow(
    "The step is over",
  );
});

test("leaves nothing behind at a signal that outlives it (#7)", async () => {
  const over = AbortSignal.any([signal]);
  await checkDisk({ path: tmpdir(), minFreeBytes: 1, signal: over });
  expect(getEventListeners(over, "abort")).toEqual([]);
});
