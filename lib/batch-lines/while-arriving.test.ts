import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BATCH_IDLE_MS } from "#lib/limits.ts";
import { createDeferred } from "#lib/create-deferred.ts";
import { whileArriving } from "./while-arriving.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a batch hears of lines on their way long before it is given up, and no more when they are there", async () => {
  let noteCount = 0;
  const note = async () => {
    noteCount += 1;
    throw new Error("unreachable");
  };
  const work = createDeferred<string>();
  const result = whileArriving(note, () => work.promise);
  await vi.advanceTimersByTimeAsync(BATCH_IDLE_MS / 2);
  expect(noteCount).toBeGreaterThanOrEqual(3);
  const before = noteCount;
  work.resolve("there");
  expect(await result).toBe("there");
  await vi.advanceTimersByTimeAsync(BATCH_IDLE_MS);
  expect(noteCount).toBe(before);
});

test("what goes wrong ends it too", async () => {
  let noteCount = 0;
  const note = async () => (noteCount += 1);
  await expect(whileArriving(note, () => Promise.reject(new Error("lost")))).rejects.toThrow(
    "lost",
  );
  await vi.advanceTimersByTimeAsync(BATCH_IDLE_MS);
  expect(noteCount).toBe(0);
});
