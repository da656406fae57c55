import { expect, test, vi } from "vitest";
import { startChild } from "#server/database/testing/children.ts";
import { createTestDatabase } from "#server/database/testing/test-database.ts";
import { expectAllSurvive, installQueue } from "./testing/blips.ts";
import { startLivingProcess } from "./testing/living-process.ts";

test("processes of one machine live on when the database was away", () =>
  expectAllSurvive({
    processIds: ["one", "two", "three"],
    cutsMs: [200, 900, 2_000],
    areOnOneHost: true,
  }));

test("processes of several hosts live on when the database was away from all of them", () =>
  expectAllSurvive({
    processIds: ["one", "two", "three"],
    cutsMs: [200, 900, 2_000],
    areOnOneHost: false,
  }));

test("a process that is alone lives on when the database was away", () =>
  expectAllSurvive({ processIds: ["alone"], cutsMs: [200, 2_500], areOnOneHost: true }));

test("a process that was killed is buried within 1.5 s, the living ones beside it are not", async () => {
  const copy = await createTestDatabase();
  const { sql } = copy.database;
  await installQueue(copy);
  const processes = await Promise.all(
    ["one", "two", "three"].map((processId) =>
      startLivingProcess({ url: copy.url, lockUrl: copy.url, processId }),
    ),
  );
  try {
    const child = await startChild({ file: "registered-child.ts", args: [copy.url, "killed"] });
    const killedAtMs = Date.now();
    await child.kill();
    await vi.waitUntil(
      async () => (await sql`select 1 from processes where id = 'killed'`).length === 0,
      { timeout: 5_000, interval: 10 },
    );
    expect(Date.now() - killedAtMs).toBeLessThan(1_500);
    expect(processes.filter((one) => one.isLost())).toEqual([]);
    expect(await sql`select id from processes`).toHaveLength(3);
  } finally {
    await Promise.allSettled(processes.map((one) => one.stop()));
    await copy.drop();
  }
});
