import { expect, test } from "vitest";
import { type MissingPage, readAllMissing } from "./read-all-missing.ts";

const gaps: [number, number][] = [
  [0, 0],
  [3, 5],
  [9, 9],
];
const page = async (after: number): Promise<MissingPage> => {
  const behind = gaps.filter(([from]) => from > after);
  return { missing: behind.slice(0, 2), isMissingCut: behind.length > 2 };
};

test("all gaps are read, page after page", async () => {
  expect(await readAllMissing(page)).toEqual(gaps);
  expect(await readAllMissing(async () => ({ missing: [], isMissingCut: false }))).toEqual([]);
});

test("what is answered instead of a page is the answer", async () => {
  const refusal = { status: 503 };
  expect(await readAllMissing(async (after) => (after === -1 ? page(after) : refusal))).toBe(
    refusal,
  );
});
