import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import type { SessionState } from "#lib/session-state.ts";
import { editPrompt } from "./edit-prompt.ts";
import { takeLease } from "./lease.ts";
import { initiateSession, retryPreparation, updateSession } from "./manage-session.ts";
import { cancelPrompt, interruptTurn, retryPrompt } from "./prompt-queue.ts";
import { obedient } from "./testing/test-server.ts";
import { useTestServer } from "./testing/use-test-server.ts";

const context = useTestServer();

const isDone = ({ status, prompts }: SessionState) => status === "idle" && prompts.length === 0;
const hasFailed = ({ status }: SessionState) => status === "failed";
const inSetup = ({ preparation }: SessionState) =>
  preparation?.steps.some(({ step, status }) => step === "setup" && status === "running") ?? false;

/** A session whose preparation goes on when `goOn` says so. */
async function startHeld() {
  const { server, repository } = context;
  const path = join(server.dataDir, "go");
  const sessionId = await server.start({
    repository,
    prompt: "the first",
    setupCommands: [`until [ -e ${path} ]; do sleep 0.02; done`],
  });
  await server.work();
  await server.until(sessionId, inSetup);
  return { sessionId, goOn: () => writeFile(path, "") };
}

/** A session whose preparation fails until `mend` was called. */
async function startBroken() {
  const { server, repository } = context;
  const path = join(server.dataDir, "whole");
  const setupCommands = [`test -e ${path}`];
  const sessionId = await server.start({ repository, prompt: "the first", setupCommands });
  return { sessionId, mend: () => writeFile(path, "") };
}

const firstOf = async (sessionId: string) => {
  const { prompts } = await context.server.until(sessionId, () => true);
  return prompts[0]?.messageId ?? "";
};

test("what is sent during the first preparation is delivered behind the first prompt", async () => {
  const { server, access, promptTexts } = context;
  const { sessionId, goOn } = await startHeld();
  const second = await server.send(sessionId, "second");
  const third = await server.send(sessionId, "third");
  await server.send(sessionId, "fourth");
  expect(await server.send(sessionId, "second", second)).toBe(second);
  const held = await access(sessionId);
  const prompt = { messageId: second, text: "second, but other" };
  await editPrompt(server.services, { access: held, prompt });
  await cancelPrompt(server.services, { access: held, messageId: third });
  const first = { access: held, messageId: await firstOf(sessionId) };
  await expect(cancelPrompt(server.services, first)).rejects.toMatchObject({
    code: "conflict",
    message: "The first prompt goes with its session: discard that instead",
  });
  await goOn();
  await server.until(sessionId, isDone);
  expect(await promptTexts(sessionId)).toEqual(["the first", "second, but other", "fourth"]);
});

test("ten wait during the first preparation, the first prompt among them", async () => {
  const { server, repository } = context;
  const sessionId = await server.start({ repository });
  for (let count = 1; count < 10; count += 1) await server.send(sessionId, `waits ${count}`);
  await expect(server.send(sessionId, "eleventh")).rejects.toMatchObject({ code: "rate_limited" });
});

test("what waits for a preparation that failed waits for its Retry, and can be taken back", async () => {
  const { server, access, promptTexts } = context;
  const { sessionId, mend } = await startBroken();
  const second = await server.send(sessionId, "second");
  await server.send(sessionId, "third");
  await server.work();
  const failed = await server.until(sessionId, hasFailed);
  expect(failed.prompts.map(({ text, status }) => [text, status])).toEqual([
    ["the first", "accepted"],
    ["second", "accepted"],
    ["third", "accepted"],
  ]);
  await expect(server.send(sessionId, "fourth")).rejects.toMatchObject({ code: "conflict" });
  await cancelPrompt(server.services, { access: await access(sessionId), messageId: second });
  await mend();
  await retryPreparation(server.services, await access(sessionId));
  await server.until(sessionId, isDone);
  expect(await promptTexts(sessionId)).toEqual(["the first", "third"]);
});

test.each(["the session", "the prompt"])(
  "a first prompt that was lost with its worker is sent again, by Retry of %s, before those that wait",
  async (what) => {
    const { server, repository, access, promptTexts } = context;
    const { sql } = server.services.database;
    const sessionId = await server.start({ repository, prompt: "the first" });
    // As a process leaves it that is killed after it gave the prompt to the agent.
    await sql`update prompts set status = 'delivered', delivered_at = now()`;
    await sql`update preparations set status = 'running'`;
    await server.send(sessionId, "second");
    await server.work();
    await server.until(sessionId, hasFailed);
    const lost = { access: await access(sessionId), messageId: await firstOf(sessionId) };
    if (what === "the prompt") await retryPrompt(server.services, lost);
    else await retryPreparation(server.services, lost.access);
    await server.until(sessionId, isDone);
    expect(await promptTexts(sessionId)).toEqual(["the first", "second"]);
  },
);

test("a first prompt that was lost is sent again also where ten wait behind it (#7)", async () => {
  const { server, repository, access, promptTexts } = context;
  const { sql } = server.services.database;
  const sessionId = await server.start({ repository, prompt: "the first" });
  await sql`update prompts set status = 'delivered', delivered_at = now()`;
  await sql`update preparations set status = 'running'`;
  const waiting = Array.from({ length: 10 }, (_, index) => `waits ${index}`);
  for (const text of waiting) await server.send(sessionId, text);
  await server.work();
  await server.until(sessionId, hasFailed);
  const lost = { access: await access(sessionId), messageId: await firstOf(sessionId) };
  await retryPrompt(server.services, lost);
  await server.until(sessionId, isDone);
  expect(await promptTexts(sessionId)).toEqual(["the first", ...waiting]);
});

test("a prompt that is sent again restarts a session whose last worker has yet to give it back (#7)", async () => {
  const { server, repository, access } = context;
  const { database, processId, log } = server.services;
  const sessionId = await server.start({ repository });
  const asked = { sessionId, generation: 1, processId, leaseMs: 60_000, log };
  const lease = await takeLease(database, asked);
  await database.sql`
    update prompts set status = 'settled', outcome = 'failed', message = 'x', settled_at = now()`;
  await database.sql`update preparations set status = 'failed'`;
  await database.sql`update sessions set status = 'failed'`;
  const lost = { access: await access(sessionId), messageId: await firstOf(sessionId) };
  await retryPrompt(server.services, lost);
  const state = await server.until(sessionId, () => true);
  expect(state).toMatchObject({ status: "preparing", preparation: { status: "waiting" } });
  lease?.stopRenewal();
});

test("Stop ends the preparation, and nothing that waits for it is stopped after Retry", async () => {
  const { server, access, promptTexts } = context;
  const { sessionId, goOn } = await startHeld();
  await server.send(sessionId, "second");
  await interruptTurn(server.services, await access(sessionId));
  await server.until(sessionId, hasFailed);
  await goOn();
  await retryPreparation(server.services, await access(sessionId));
  await server.until(sessionId, isDone);
  expect(await promptTexts(sessionId)).toEqual(["the first", "second"]);
});

test("Stop in the first turn goes on with what waits behind it", async () => {
  const { server, repository, access, promptTexts } = context;
  await server.work();
  const prompt = "@say hello\n@hang";
  const sessionId = await server.start({ repository, prompt, environment: obedient });
  await server.send(sessionId, "second");
  await server.until(sessionId, ({ status }) => status === "working");
  await interruptTurn(server.services, await access(sessionId));
  const ended = await server.until(sessionId, ({ status }) => status === "idle");
  expect(ended.prompts).toMatchObject([{ text: prompt, outcome: "interrupted" }]);
  expect(await promptTexts(sessionId)).toEqual([prompt, "second"]);
});

test("Stop of a first prompt that the agent has, and is silent about, is none of what waits behind it", async () => {
  const { server, repository, access } = context;
  const { sql } = server.services.database;
  const sessionId = await server.start({ repository, prompt: "the first" });
  await sql`update prompts set status = 'delivered', delivered_at = now()`;
  await sql`update preparations set status = 'running'`;
  await server.send(sessionId, "second");
  await interruptTurn(server.services, await access(sessionId));
  const stopped = await sql`select text from prompts where interrupt_requested_at is not null`;
  expect(stopped).toEqual([{ text: "the first" }]);
});

test("behind a prompt that is held back others wait, and keep their words when its are changed", async () => {
  const { server, repository, access, promptTexts } = context;
  await server.work();
  const sessionId = await server.start({ repository, prompt: "first", autoInitiate: false });
  await server.until(sessionId, ({ status }) => status === "prepared");
  await server.send(sessionId, "second", createMessageId());
  const held = await access(sessionId);
  await updateSession(server.services, held, { sessionId, prompt: "the first" });
  expect((await server.until(sessionId, () => true)).status).toBe("prepared");
  await initiateSession(server.services, held);
  await server.until(sessionId, isDone);
  expect(await promptTexts(sessionId)).toEqual(["the first", "second"]);
});
