import { expect, test } from "vitest";
import { createMessageId } from "#lib/ids.ts";
import { initiateSession, updateSession } from "../manage-session.ts";
import { cancelPrompt, interruptTurn, retryPrompt } from "../prompt-queue.ts";
import { deleteSession } from "../remove-session.ts";
import { obedient } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

const context = useTestServer();

test("follow-ups run one after another in the order in which they came", async () => {
  const { server, repository, promptTexts } = context;
  await server.work();
  const sessionId = await server.start({ repository, prompt: "@sleep 300", environment: obedient });
  await server.until(sessionId, ({ readyAt }) => readyAt !== null);
  for (const text of ["first", "second", "third"]) await server.send(sessionId, text);
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 0);
  expect(await promptTexts(sessionId)).toEqual(["@sleep 300", "first", "second", "third"]);
});

test("the same message id is one prompt; with another text it is a conflict; an eleventh must wait", async () => {
  const { server, repository, access } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ readyAt }) => readyAt !== null);
  const id = await server.send(sessionId, "once");
  expect(await server.send(sessionId, "once", id)).toBe(id);
  await expect(server.send(sessionId, "twice", id)).rejects.toMatchObject({ code: "conflict" });
  for (let count = 1; count < 10; count += 1) await server.send(sessionId, `waits ${count}`);
  await expect(server.send(sessionId, "eleventh")).rejects.toMatchObject({ code: "rate_limited" });
  await cancelPrompt(server.services, { access: await access(sessionId), messageId: id });
  await server.send(sessionId, "eleventh");
});

test("a repeated start finds its session, and another request under the same id is a conflict", async () => {
  const { server, repository } = context;
  const messageId = createMessageId();
  const [first, second] = await Promise.all([
    server.start({ repository, messageId }),
    server.start({ repository, messageId }),
  ]);
  expect(second).toBe(first);
  await expect(server.start({ repository, messageId, prompt: "Other" })).rejects.toMatchObject({
    code: "conflict",
  });
  const rows = await server.services.database.sql`select id from sessions`;
  expect(rows).toHaveLength(1);
});

test("Stop ends a running turn as interrupted, and the session takes the next prompt", async () => {
  const { server, repository, access, promptTexts } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "working");
  await interruptTurn(server.services, await access(sessionId));
  const stopped = await server.until(sessionId, ({ status }) => status === "idle");
  expect(stopped.prompts).toMatchObject([
    { outcome: "interrupted", message: "The agent ended its turn when it was asked to" },
  ]);
  expect(Date.parse(stopped.prompts[0]?.settledAt ?? "")).not.toBeNaN();
  expect(stopped.interruptRequestedAt).toBeNull();
  await server.send(sessionId, "go on");
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 1);
  expect(await promptTexts(sessionId)).toHaveLength(2);
});

test("Stop ends a preparation, whose prompt waits for Retry", async () => {
  const { server, repository, access } = context;
  await server.work();
  const sessionId = await server.start({ repository, setupCommands: ["sleep 600"] });
  await server.until(
    sessionId,
    (state) =>
      state.preparation?.steps.some(
        (step) => step.step === "setup" && step.status === "running",
      ) === true,
  );
  await interruptTurn(server.services, await access(sessionId));
  const state = await server.until(sessionId, ({ status }) => status === "failed");
  expect(state.message).toBe("Stopped");
  expect(state.prompts).toMatchObject([{ status: "accepted" }]);
  await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
});

test("an agent that dies in a turn fails the turn; a retry starts it again in the same folder", async () => {
  const { server, repository, access } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@write made.txt\n@exit 9",
    environment: obedient,
  });
  const state = await server.until(sessionId, ({ status }) => status === "idle");
  expect(state.prompts).toMatchObject([{ outcome: "failed" }]);
  expect(state.prompts[0]?.message).toContain("exited with code 9");
  await server.send(sessionId, "@say still here");
  await server.until(sessionId, ({ status, prompts }) => status === "idle" && prompts.length === 1);
  const { messageId = "" } = state.prompts[0] ?? {};
  const retry = async () =>
    retryPrompt(server.services, { access: await access(sessionId), messageId });
  const retried = await retry();
  expect(await retry()).toEqual(retried);
  await server.until(sessionId, ({ prompts }) =>
    prompts.some((prompt) => prompt.messageId === retried.messageId && prompt.status === "settled"),
  );
});

test("held back, a session prepares and waits; what changes then is what runs, once", async () => {
  const { server, repository, access, promptTexts } = context;
  await server.work();
  const sessionId = await server.start({ repository, prompt: "draft", autoInitiate: false });
  const prepared = await server.until(sessionId, ({ status }) => status === "prepared");
  expect(prepared).toMatchObject({ readyAt: null, preparation: { status: "prepared" } });
  await updateSession(server.services, await access(sessionId), {
    sessionId,
    prompt: "final",
    setupCommands: ["echo again"],
  });
  await initiateSession(server.services, await access(sessionId));
  await initiateSession(server.services, await access(sessionId));
  const ended = await server.until(sessionId, ({ status }) => status === "idle");
  expect(await promptTexts(sessionId)).toEqual(["final"]);
  expect(ended.preparation?.steps.find(({ step }) => step === "setup")?.logTail).toContain("again");
  await expect(
    updateSession(server.services, await access(sessionId), { sessionId, prompt: "late" }),
  ).rejects.toMatchObject({ code: "conflict" });
});

test("a deleted session ends its agent, leaves no folder and answers as unknown", async () => {
  const { server, repository, access } = context;
  await server.work();
  const sessionId = await server.start({
    repository,
    prompt: "@say hello\n@hang",
    environment: obedient,
  });
  await server.until(sessionId, ({ status }) => status === "working");
  await deleteSession(server.services, await access(sessionId));
  await expect(access(sessionId)).rejects.toMatchObject({ code: "not_found" });
  await expect.poll(() => server.workspaceNames(), { timeout: 10_000 }).toEqual([]);
  await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
  const rows = await server.services.database
    .sql`select 1 from items where session_id = ${sessionId}`;
  expect(rows).toHaveLength(0);
});
