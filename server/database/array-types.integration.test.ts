import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "./testing/test-database.ts";

let copy: TestDatabase;
beforeAll(async () => {
  copy = await createTestDatabase();
});
afterAll(() => copy.drop());

test("any texts come back as they were sent", async () => {
  const texts = fc.array(
    fc.oneof(
      fc.constant(null),
      fc.string({ unit: "binary" }),
      fc.constantFrom("NULL", "", '"', "\\", "{a,b}", "\n"),
    ),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (elements) => {
      const sent = elements.map((element) => element?.replaceAll("\0", "") ?? null);
      const [row] = await copy.database
        .sql`select ${sent}::text[] as array, cardinality(${sent}::text[]) as length`;
      expect(row).toEqual({ array: sent, length: sent.length });
    }),
    { numRuns: 200 },
  );
});

test("numbers, ids and flags are read as single ones are", async () => {
  const id = "6f1c0b3e-8d0e-4a53-9c8e-2a9f3f0f5b11";
  const [row] = await copy.database.sql`
    select ${[1, -2]}::int[] as integers, ${[9007199254740993n.toString()]}::bigint[] as bigints,
      ${[0.5]}::float8[] as floats, array[true, false] as flags, ${[id]}::uuid[] as ids`;
  expect(row).toEqual({
    integers: [1, -2],
    bigints: ["9007199254740993"],
    floats: [0.5],
    flags: [true, false],
    ids: [id],
  });
});

test("an array without a cast takes the type that the query gives it", async () => {
  const rows = await copy.database.sql`
    select name from (values ('a'), ('b'), ('c')) as names(name) where name = any(${["a", "c"]}) order by name`;
  expect(rows).toEqual([{ name: "a" }, { name: "c" }]);
});
