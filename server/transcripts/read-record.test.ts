import { expect, test } from "vitest";
import { readRecord } from "./read-record.ts";

const listOf = (element: string, count: number) =>
  readRecord(Buffer.from(`{"list":[${Array.from({ length: count }, () => element).join()}]}`));

test("a record of more values than memory is meant for is refused before it is read", () => {
  const tooMany = { problem: "The record has more than 500000 values" };
  expect(listOf("{}", 300_000)).toEqual(tooMany);
  expect(listOf("0", 600_000)).toEqual(tooMany);
  expect(listOf("{}", 200_000)).toHaveProperty("record");
  expect(listOf(`"${",[{".repeat(300_000)}\\""`, 1)).toHaveProperty("record");
});

test("a byte order mark is no part of the record", () => {
  expect(readRecord(Buffer.from('\ufeff{"a":1}'))).toEqual({ record: { a: 1 } });
});
