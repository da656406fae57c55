import { expect, test } from "vitest";
import { createTestDatabase } from "./test-database.ts";

test("copies made at the same moment are databases of their own with all tables", async () => {
  const copies = await Promise.all(Array.from({ length: 6 }, createTestDatabase));
  try {
    const names = await Promise.all(
      copies.map(async ({ database }) => {
        expect(await database.sql`select id from processes`).toEqual([]);
        return database.sql`select current_database() as name`.then(([row]) => row?.["name"]);
      }),
    );
    expect(new Set(names).size).toBe(copies.length);
  } finally {
    await Promise.all(copies.map((copy) => copy.drop()));
  }
});

test("a dropped copy is gone, whoever is connected to it", async () => {
  const kept = await createTestDatabase();
  const dropped = await createTestDatabase();
  const [row] = await dropped.database.sql`select current_database() as name`;
  await dropped.drop();
  try {
    const left = await kept.database
      .sql`select 1 from pg_database where datname = ${row?.["name"]}`;
    expect(left).toEqual([]);
  } finally {
    await kept.drop();
  }
});
