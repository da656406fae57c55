import { afterAll, beforeAll, expect, test } from "vitest";
import { registerProcess } from "#server/database/process-registry.ts";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import { createProcessDriver } from "./process-driver.ts";
import {
  findWorkerSandbox,
  listWorkerSandboxes,
  readIsolation,
  type WorkerSandbox,
} from "./worker-sandboxes.ts";

let copy: TestDatabase;
beforeAll(async () => {
  copy = await createTestDatabase();
});
afterAll(() => copy.drop());

const isolating: WorkerSandbox = { name: "bubblewrap", isIsolating: true, gaps: [] };
const open: WorkerSandbox = { name: "process", isIsolating: false, gaps: ["nothing is kept"] };

test("what sessions run in is told by their workers, and the least of it counts", async () => {
  const { sql } = copy.database;
  const doIsolate = (isIsolating: boolean) =>
    readIsolation({
      database: copy.database,
      sandboxDriver: { ...createProcessDriver(), isIsolating },
    });
  const register = (processId: string, hostId: string, sandbox?: WorkerSandbox) =>
    registerProcess({
      url: copy.url,
      processId,
      hostId,
      roles: [],
      slots: sandbox ? 1 : 0,
      sandbox,
      onLost: () => {},
    });
  expect([await doIsolate(true), await doIsolate(false)]).toEqual([true, false]);
  const page = await register("page", "one");
  const worker = await register("worker", "one", isolating);
  expect(await doIsolate(false)).toBe(true);
  const find = (hostId: string) => findWorkerSandbox(copy.database, { sessionId: "ses_1", hostId });
  expect(await find("one")).toEqual(isolating);
  expect(await find("two")).toBeNull();
  const other = await register("other", "two", open);
  expect(await doIsolate(true)).toBe(false);
  expect(await find("two")).toEqual(open);
  expect(await listWorkerSandboxes(copy.database)).toEqual([
    { hostId: "one", sandbox: isolating },
    { hostId: "two", sandbox: open },
  ]);
  await Promise.all([page, worker, other].map((registered) => registered.release()));
  expect(await sql`select from processes`).toHaveLength(0);
});
