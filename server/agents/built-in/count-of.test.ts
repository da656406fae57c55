import { expect, test } from "vitest";
import { countOf } from "./count-of.ts";

test("one is no more than one", () => {
  expect([0, 1, 2].map((count) => countOf(count, "file"))).toEqual([
    "0 files",
    "1 file",
    "2 files",
  ]);
});
