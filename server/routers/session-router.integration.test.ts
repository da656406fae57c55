import { expect, test } from "vitest";
import { createMessageId, createSessionId } from "#lib/ids.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { redeemLiveTicket } from "#server/live/tickets.ts";
import { obedient, owner } from "#server/sessions/testing/test-server.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { createCaller } from "./app-router.ts";

const context = useTestServer();

const call = (viewer: Viewer | null = owner, signal = new AbortController().signal) =>
  createCaller({ services: context.server.services, viewer, callerGone: () => signal });

const stranger: Viewer = { ...owner, teamId: "team_other" };

test("procedures are for people, whatever a program's token allows", async () => {
  const program: Viewer = { ...owner, scopes: ["read", "start", "ingest"] };
  const refused = { code: "FORBIDDEN", message: expect.stringContaining("sign in") };
  await expect(call(program).session.list({})).rejects.toMatchObject(refused);
  await expect(call(program).machine.status()).rejects.toMatchObject(refused);
  await expect(call(program).account.get()).rejects.toMatchObject(refused);
});

test("sync answers when the session is ready, and when it has failed", async () => {
  const { server, repository } = context;
  await server.work();
  const ready = await call().session.start({ prompt: "Look", repository, mode: "sync" });
  expect((await call().session.get(ready)).readyAt).not.toBeNull();
  const failed = await call().session.start({
    prompt: "Look",
    repository,
    branch: "nowhere",
    mode: "sync",
  });
  expect((await call().session.get(failed)).status).toBe("failed");
});

test("sync with a prompt that is held back answers when the session is prepared", async () => {
  const { server, repository } = context;
  await server.work();
  const held = { prompt: "Look", repository, autoInitiate: false, mode: "sync" } as const;
  const { sessionId } = await call().session.start(held);
  expect((await call().session.get({ sessionId })).status).toBe("prepared");
});

test("sync ends with its caller, and the session goes on", async () => {
  const { server, repository } = context;
  const gone = new AbortController();
  const starting = call(owner, gone.signal).session.start({
    prompt: "Look",
    repository,
    mode: "sync",
  });
  gone.abort();
  const { sessionId } = await starting;
  await server.work();
  await server.until(sessionId, ({ status }) => status === "idle");
});

test("sync answers when the server is about to end", async () => {
  const { server, repository } = context;
  const start = { prompt: "Look", repository, mode: "sync" } as const;
  const starting = call().session.start(start);
  await server.drain();
  const { sessionId } = await starting;
  expect((await call().session.get({ sessionId })).readyAt).toBeNull();
  await call().session.start(start);
});

test("a ticket asked for right after the start opens that session", async () => {
  const { server, repository } = context;
  const { sessionId } = await call().session.start({ prompt: "Look", repository });
  const { ticket } = await call().session.liveTicket({ sessionId });
  expect(await redeemLiveTicket(server.services.database, ticket)).toMatchObject({ sessionId });
});

test("to another team a session is unknown, whatever is asked of it", async () => {
  const { repository } = context;
  const { sessionId } = await call().session.start({ prompt: "Look", repository });
  const unknown = createSessionId();
  const messageId = createMessageId();
  for (const id of [sessionId, unknown]) {
    const session = { sessionId: id };
    const asked = [
      call(stranger).session.get(session),
      call(stranger).transcript.window(session),
      call(stranger).session.rename({ ...session, title: "Mine" }),
      call(stranger).session.update({ ...session, prompt: "Mine" }),
      call(stranger).session.initiate(session),
      call(stranger).session.sendPrompt({ ...session, messageId, text: "Mine" }),
      call(stranger).session.cancelPrompt({ ...session, messageId }),
      call(stranger).session.editPrompt({ ...session, messageId, text: "Mine" }),
      call(stranger).permission.rules(session),
      call(stranger).permission.removeRule({ ...session, ruleKey: "any" }),
      call(stranger).permission.change({ ...session, permissions: "allow" }),
      call(stranger).permission.answer({
        ...session,
        requestId: "req_any",
        answer: { optionId: "once" },
      }),
      call(stranger).session.retryPrompt({ ...session, messageId }),
      call(stranger).session.retryPreparation(session),
      call(stranger).session.interrupt(session),
      call(stranger).session.discard(session),
      call(stranger).session.delete(session),
      call(stranger).session.liveTicket(session),
    ];
    const reason = { code: "NOT_FOUND", message: "There is no such session" };
    for (const answer of await Promise.allSettled(asked)) {
      expect(answer).toMatchObject({ status: "rejected", reason });
    }
  }
  expect((await call(stranger).session.list({})).sessions).toEqual([]);
  expect(await call(stranger).machine.repositories({})).toEqual([]);
  expect((await call().session.list({})).sessions).toHaveLength(1);
});

test("a search for the character NUL is refused: no text here holds it", async () => {
  const refused = { code: "BAD_REQUEST" };
  await expect(call().session.list({ query: "a\0b" })).rejects.toMatchObject(refused);
});

test("nobody in particular is told to sign in", async () => {
  await expect(call(null).session.list({})).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  await expect(call(null).machine.status()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  await expect(
    call(null).session.start({ prompt: "Look", repository: "a/b" }),
  ).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});

test.each([
  [{ prompt: "" }, "prompt"],
  [{ prompt: " \n\t " }, "prompt"],
  [{ prompt: "a\0b" }, "prompt"],
  [{ prompt: "\ud800" }, "prompt"],
  [{ repository: "" }, "repository"],
  [{ repository: "ext::sh -c touch /tmp/owned" }, "repository"],
  [{ repository: "-oProxyCommand=touch" }, "repository"],
  [{ repository: "https://me:hunter2@example.org/a.git" }, "repository"],
  [{ repository: "https://127.0.0.1/a.git" }, "repository"],
  [{ repository: "https://[::ffff:169.254.169.254]/a.git" }, "repository"],
  [{ repository: "git@example.org:a/b.git" }, "repository"],
  [{ repository: "https://example.org/a\nb" }, "repository"],
  [{ branch: "--upload-pack=touch" }, "branch"],
  [{ branch: "a..b" }, "branch"],
  [{ agent: "nobody" }, "agent"],
  [{ setupCommands: [" "] }, "setupCommands.0"],
  [{ environment: { "A B": "c" } }, "environment.A B"],
  [{ permissions: "perhaps" as "ask" }, "permissions"],
])("%j is refused at its field, and nothing is made", async (input, field) => {
  const { server, repository } = context;
  const start = call().session.start({ prompt: "Look", repository, ...input });
  const error = await start.catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "BAD_REQUEST" });
  const described = error as {
    cause: { details?: { field?: string }; issues?: { path: string[] }[] };
  };
  const { details, issues } = described.cause;
  expect(details?.field ?? issues?.[0]?.path.join(".")).toBe(field);
  expect(JSON.stringify(error)).not.toContain("hunter2");
  expect(await server.services.database.sql`select 1 from sessions`).toHaveLength(0);
  expect(await server.services.database.sql`select 1 from pgboss.job`).toHaveLength(0);
});

test("a misspelt field is refused, not left out", async () => {
  const { server, repository } = context;
  const misspelt = { prompt: "Look", repository, agnet: "kilo" };
  await expect(call().session.start(misspelt)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(await server.services.database.sql`select 1 from sessions`).toHaveLength(0);
});

test("a prompt of exactly the limit is taken whole, one character more is refused", async () => {
  const { server, repository } = context;
  const tooLong = call().session.start({ prompt: "x".repeat(100_001), repository });
  await expect(tooLong).rejects.toThrow("100,000 characters");
  const prompt = "é".repeat(100_000);
  const { sessionId } = await call().session.start({ prompt, repository });
  const [row] = await server.services.database.sql<{ text: string }[]>`
    select text from prompts where session_id = ${sessionId}`;
  expect(row?.text).toBe(prompt);
});

test("what a session's environment holds is told to nobody", async () => {
  const { server, repository } = context;
  await server.work();
  const { sessionId } = await call().session.start({
    prompt: "@exit 1",
    repository,
    environment: { ...obedient, API_TOKEN: "hunter2-secret" },
    setupCommands: ["echo token is $API_TOKEN"],
  });
  const state = await server.until(sessionId, ({ status }) => status === "failed");
  const setup = state.preparation?.steps.find(({ step }) => step === "setup");
  expect(setup?.logTail).toContain("token is [redacted]");
  expect(JSON.stringify(state)).not.toContain("hunter2");
  expect(JSON.stringify(await call().transcript.window({ sessionId }))).not.toContain("hunter2");
});
