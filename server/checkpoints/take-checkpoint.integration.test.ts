import { expect, test, vi } from "vitest";
import { findChanges } from "#server/changes/read-changes.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";

vi.setConfig({ testTimeout: 120_000 });
const context = useTestServer({
  environment: { CHECKPOINT_MAX_BYTES: "1000", IDLE_TIMEOUT_MS: "1" },
});

test("a session that is too large to be kept stays with its host, and says why", async () => {
  const { server, repository } = context;
  const { sql } = server.services.database;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@write by-agent.txt",
    environment: obedient,
  });
  const message =
    "The session's files take more than 0.001 MB, the most that is kept of one session";
  const read = () => sql`select state, message from checkpoints`;
  await vi.waitFor(async () => expect(await read()).toEqual([{ state: "failed", message }]), {
    timeout: 60_000,
  });
  expect(await findChanges(server.services, { sessionId, generation: 1 })).toMatchObject({
    fileCount: 1,
    keptMessage: message,
  });
  // Of the attempt nothing is kept but the patch, which is no part of it.
  const blobs = await sql`
    select name from blobs where purpose = 'checkpoint' and state = 'complete'`;
  expect(blobs).toEqual([{ name: "changes.patch" }]);
});
