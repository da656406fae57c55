import { expect, test } from "vitest";
import { useOutputsTest } from "./testing/use-outputs-test.ts";

const harness = useOutputsTest();

async function ownBy(processId: string): Promise<void> {
  const { sessionId, executionId } = harness.target;
  const { sql } = harness.services.database;
  await sql`
    insert into executions (id, session_id, generation, process_id, agent_id)
    values (${executionId}, ${sessionId}, 1, 'prc_test', 'agent') on conflict do nothing`;
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
