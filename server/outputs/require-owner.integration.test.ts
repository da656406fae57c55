import { expect, test } from "vitest";
import { createOutputToken, readOutputToken } from "./output-token.ts";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();

/** Takes the session for `processId`, under a lease of its own; `prc_test` runs the execution under the first one. */
async function ownBy(processId: string, runsUnder: number | null = 1): Promise<void> {
  const { sessionId, executionId } = harness.target;
  const { sql } = harness.services.database;
  await sql`
    insert into executions (id, session_id, generation, process_id, fence, agent_id)
    values (${executionId}, ${sessionId}, 1, 'prc_test', ${runsUnder}, 'agent')
    on conflict do nothing`;
  await sql`
    insert into leases (session_id, fence, process_id, expires_at)
    values (${sessionId}, 1, ${processId}, now() + interval '1 minute')
    on conflict (session_id) do update set process_id = ${processId}, fence = leases.fence + 1,
      expires_at = now() + interval '1 minute'`;
}

const bytes = Buffer.alloc(1_000, 1);

test("a worker whose session was taken over stores nothing more, and what it stored is incomplete", async () => {
  await ownBy("prc_test");
  const [first, second] = [await harness.open(), await harness.open({ port: "small" })];
  await first.write(bytes);
  await second.write(Buffer.from("all"));
  await expect.poll(async () => (await harness.read(first.outputId)).bytes).toBe(1_000);
  await expect.poll(async () => (await harness.read(second.outputId)).bytes).toBe(3);
  await ownBy("prc_other");
  await first.write(bytes).catch(() => {});
  await expect(first.complete()).rejects.toMatchObject({ code: "conflict" });
  await expect(second.complete()).rejects.toMatchObject({ code: "conflict" });
  await expect(harness.open({ port: "late" })).rejects.toMatchObject({ code: "conflict" });
  expect(await harness.read(first.outputId)).toMatchObject({ state: "incomplete", bytes: 1_000 });
  expect(await harness.read(second.outputId)).toMatchObject({ state: "incomplete", bytes: 3 });
});

test("the session's owner, and a job without an agent, store as they like", async () => {
  await ownBy("prc_test");
  const owned = await harness.open();
  await owned.write(bytes);
  expect(await owned.complete()).toMatchObject({ state: "complete" });
  await ownBy("prc_other");
  const job = await harness.open({ executionId: "exe_00000000000000000000000job" });
  await job.write(bytes);
  expect(await job.complete()).toMatchObject({ state: "complete" });
});

test("a worker that lost its session and has it again stores nothing more of what ran before (#6)", async () => {
  const { database } = harness.services;
  await ownBy("prc_test");
  const token = await createOutputToken(database, harness.target);
  expect(await readOutputToken(database, token)).toEqual(harness.target);
  const output = await harness.open();
  await ownBy("prc_test");
  await expect(output.complete()).rejects.toMatchObject({ code: "conflict" });
  await expect(harness.open({ port: "late" })).rejects.toMatchObject({ code: "conflict" });
  await expect(readOutputToken(database, token)).rejects.toMatchObject({ code: "unauthorized" });
});

test("an execution that began before its lease was written down is its process's", async () => {
  const { database } = harness.services;
  await ownBy("prc_test", null);
  const token = await createOutputToken(database, harness.target);
  expect(await readOutputToken(database, token)).toEqual(harness.target);
  expect(await (await harness.open()).complete()).toMatchObject({ state: "complete" });
  await ownBy("prc_other");
  await expect(readOutputToken(database, token)).rejects.toMatchObject({ code: "unauthorized" });
  await expect(harness.open({ port: "late" })).rejects.toMatchObject({ code: "conflict" });
});
