import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { readExpectedTimes, recordStepTiming, type TimedWork } from "./step-timings.ts";

let copy: TestDatabase;

beforeAll(async () => {
  copy = await createTestDatabase();
});
afterAll(() => copy.drop());

const work = (setupCommands: string[]): TimedWork => ({
  teamId: "team_1",
  repository: "mill.test/app",
  setupCommands,
});

test("setup is expected to take what the same commands took, and nothing without commands", async () => {
  const record = (setupCommands: string[], elapsedMs: number) =>
    recordStepTiming(copy.database, work(setupCommands), { step: "setup", elapsedMs });
  for (const elapsedMs of [100, 300, 200]) await record(["npm ci"], elapsedMs);
  await record(["npm ci", "npm test"], 9_000);
  await record([], 1);
  await recordStepTiming(copy.database, work([]), { step: "clone", elapsedMs: 50 });

  const expected = async (setupCommands: string[]) =>
    Object.fromEntries(await readExpectedTimes(copy.database, work(setupCommands)));
  expect(await expected(["npm ci"])).toEqual({ clone: 50, setup: 200 });
  expect(await expected(["npm ci", "npm test"])).toEqual({ clone: 50, setup: 9_000 });
  expect(await expected(["make"])).toEqual({ clone: 50 });
  expect(await expected([])).toEqual({ clone: 50 });
});

test("the oldest times are forgotten, of each kind of work by itself", async () => {
  const own = { ...work(["make"]), repository: "mill.test/other" };
  for (let elapsedMs = 1; elapsedMs <= 30; elapsedMs += 1) {
    await recordStepTiming(copy.database, own, { step: "setup", elapsedMs });
  }
  const [row] = await copy.database.sql`
    select count(*)::int as count from step_timings where repository = 'mill.test/other'`;
  expect(row?.["count"]).toBe(10);
  expect((await readExpectedTimes(copy.database, own)).get("setup")).toBe(25);
});
