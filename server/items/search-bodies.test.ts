import { expect, test } from "vitest";
import type { Candidate } from "./find-candidates.ts";
import { createBudget, searchBodies } from "./search-bodies.ts";

const candidates = Array.from({ length: 4 }, (_, n): Candidate => ({
  messageId: "m1",
  partId: `p${n}`,
  seq: String(n),
  byteSize: "30",
  body: '{"type":"text","text":"needle"}',
}));

test("bodies that no time is left for are left to the next answer (#4)", async () => {
  const { items, searchedCount } = await searchBodies(
    candidates,
    { text: "needle" },
    createBudget(0),
  );
  expect({ searchedCount, found: items.map(({ partId }) => partId) }).toEqual({
    searchedCount: 1,
    found: ["p0"],
  });
});

test("others come to their turn between two bodies (#4)", async () => {
  const turns: string[] = [];
  await searchBodies(
    candidates,
    {
      text: "needle",
      rewrite({ partId, body }) {
        turns.push(partId);
        setImmediate(() => turns.push("other"));
        return body;
      },
    },
    createBudget(10_000),
  );
  expect(turns.slice(0, 4)).toEqual(["p0", "other", "p1", "other"]);
});
