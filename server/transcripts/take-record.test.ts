import { expect, test } from "vitest";
import { ElementQueue } from "./element-queue.ts";
import { finishReader, takeRecord } from "./take-record.ts";

test("a record that the reader fails at is a skip in its place, and the next one is read", () => {
  const queue = new ElementQueue(1_000);
  const seen: unknown[] = [];
  const reader = {
    read({ n }: Readonly<Record<string, unknown>>) {
      if (n === 0) throw new TypeError("Cannot convert object to primitive value");
      seen.push(n);
    },
    finish() {
      throw new TypeError("Cannot convert object to primitive value");
    },
  };
  takeRecord(queue, reader, { record: { n: 0 }, offset: 3, byteLength: 5 });
  takeRecord(queue, reader, { record: { n: 1 }, offset: 8, byteLength: 7 });
  finishReader(queue, reader);
  expect(seen).toEqual([1]);
  expect(queue.take().flat()).toMatchObject([
    { kind: "skipped", offset: 3, byteLength: 5, reason: "The record could not be read" },
    { kind: "skipped", offset: 8, byteLength: 7 },
  ]);
});
