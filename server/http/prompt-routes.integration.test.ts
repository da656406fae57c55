import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { obedient } from "#server/sessions/testing/test-server.ts";
import { createTestRepository } from "#server/workspaces/testing/test-repository.ts";

const { web, ask } = useIngest({ isIdle: true });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-prompts-"));
  await web().server.work();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function createRepository(name: string): Promise<string> {
  const origin = await createTestRepository(join(folder, name));
  await origin.commit({ "README.md": "# A mill\n" });
  return origin.path;
}

const send = (method: string, path: string) => ask(method, `/api/v1/sessions/${path}`);

/** What whoever started the session by program sees of its prompt, by the id that it gave it. */
async function read(sessionId: string, messageId: string) {
  const { status, body } = await send("GET", `${sessionId}/prompts/${messageId}`);
  expect(status).toBe(200);
  return body;
}

test("a first prompt that the agent never got says that it waits for Retry, and is read to its end", async () => {
  const { server } = web();
  const messageId = createMessageId();
  const sessionId = await server.start({ repository: join(folder, "late"), messageId });
  await server.until(sessionId, ({ status }) => status === "failed");
  const waiting = { messageId, status: "accepted", waitsFor: "retry", settledAt: null };
  expect(await read(sessionId, messageId)).toMatchObject(waiting);
  const { body } = await send("GET", `${sessionId}/prompts`);
  expect(body.prompts).toMatchObject([waiting]);

  await createRepository("late");
  expect((await send("POST", `${sessionId}/retry`)).status).toBe(202);
  expect((await read(sessionId, messageId)).waitsFor).not.toBe("retry");
  await server.until(sessionId, ({ status }) => status === "idle");
  expect(await read(sessionId, messageId)).toMatchObject({
    prompt: "Look around",
    status: "settled",
    outcome: "completed",
    waitsFor: null,
    retriedAs: null,
  });
});

test("a first prompt whose agent ends before its first word waits for Retry, not for its turn", async () => {
  const { server } = web();
  const messageId = createMessageId();
  const repository = await createRepository("mute");
  const prompt = "@exit 3";
  const started = { repository, prompt, messageId, environment: obedient };
  const sessionId = await server.start(started);
  await server.until(sessionId, ({ status }) => status === "failed");
  expect(await read(sessionId, messageId)).toMatchObject({
    status: "accepted",
    waitsFor: "retry",
    deliveredAt: null,
  });
});

test("a prompt that is held back says so", async () => {
  const { server } = web();
  const messageId = createMessageId();
  const repository = await createRepository("held");
  const sessionId = await server.start({ repository, messageId, autoInitiate: false });
  await server.until(sessionId, ({ status }) => status === "prepared");
  expect(await read(sessionId, messageId)).toMatchObject({ waitsFor: "initiate" });
  await send("POST", `${sessionId}/initiate`);
  await server.until(sessionId, ({ status }) => status === "idle");
  expect(await read(sessionId, messageId)).toMatchObject({ outcome: "completed" });
});

test("a prompt that was sent again names the one in its place, and an unknown one is not found", async () => {
  const { server } = web();
  const messageId = createMessageId();
  const repository = await createRepository("again");
  const prompt = "@say hello\n@exit 3";
  const started = { repository, prompt, messageId, environment: obedient };
  const sessionId = await server.start(started);
  await server.until(sessionId, ({ status }) => status === "idle");
  expect(await read(sessionId, messageId)).toMatchObject({ outcome: "failed", waitsFor: null });
  const retry = await send("POST", `${sessionId}/prompts/${messageId}/retry`);
  expect(await read(sessionId, messageId)).toMatchObject({
    outcome: "cancelled",
    retriedAs: retry.body.messageId,
  });
  const unknown = await send("GET", `${sessionId}/prompts/${createMessageId()}`);
  expect(unknown).toMatchObject({ status: 404, body: { detail: "There is no such prompt" } });
});
