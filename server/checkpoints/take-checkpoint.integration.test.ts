import { expect, test, vi } from "vitest";
import { findChanges } from "#server/changes/read-changes.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";

vi.setConfig({ testTimeout: 60_000 });
const context = useTestServer({ environment: { CHECKPOINT_MAX_BYTES: "1000" } });

test("a session that is too large to be kept stays with its host, and says why", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@write by-agent.txt",
    environment: obedient,
  });
  const read = () => findChanges(server.services, { sessionId, generation: 1 });
  await vi.waitFor(async () => expect(await read()).not.toBeNull(), { timeout: 30_000 });
  await server.drain();
  const message =
    "The session's files take more than 0.001 MB, the most that is kept of one session";
  expect(await sql`select state, message from checkpoints`).toEqual([{ state: "failed", message }]);
  expect(await read()).toMatchObject({ fileCount: 1, keptMessage: message });
  // Of the attempt nothing is kept but the patch, which is no part of it.
  const blobs = await sql`
    select name from blobs where purpose = 'checkpoint' and state = 'complete'`;
  expect(blobs).toEqual([{ name: "changes.patch" }]);
});
