import { expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { useScriptedAgents } from "./testing/use-scripted-agents.ts";

const { connect, openSession, isRunning, folder } = useScriptedAgents();

test("an agent may ask questions and tell of its context, and is offered neither files nor terminals", async () => {
  const { initialize } = await connect("well");
  expect(JSON.parse(String(initialize.capabilities["offered"]))).toEqual({
    fs: { readTextFile: false, writeTextFile: false },
    terminal: false,
    elicitation: { form: {} },
    session: { compaction: {}, notices: {} },
  });
});

test("the model that the agent tells comes with the session", async () => {
  const connection = await connect("well");
  expect(await connection.newSession({ cwd: folder() })).toEqual({
    sessionId: "agent-session",
    modelId: "scripted-1",
  });
});

test.each([
  ["exit-before", "Scripted exited with code 7"],
  ["exit-in-initialize", "Scripted exited with code 3: cannot sign in with api_key=[redacted]"],
  [
    "version-2",
    "Scripted speaks version 2 of the Agent Client Protocol; Millrace speaks version 1",
  ],
])("an agent that fails to start (%s) is named with the reason", async (behaviour, message) => {
  await expect(connect(behaviour)).rejects.toMatchObject({ code: "unavailable", message });
});

test("an agent that cannot be found is named", async () => {
  const agent = {
    label: "Ghost",
    command: "/no/such/agent",
    args: [],
    environment: {},
    quietEnvironment: {},
  };
  await expect(connect("well", { agent })).rejects.toMatchObject({ code: "unavailable" });
});

test("an agent that never answers initialize is stopped when the caller's time is over", async () => {
  const time = new AbortController();
  const started = connect("hang-in-initialize", {
    signal: time.signal,
    onStderr: () => time.abort(new DOMException("The time is over", "TimeoutError")),
  });
  await expect(started).rejects.toThrow("Scripted did not answer in time");
  expect(await isRunning()).toBe(false);
});

test("the caller's own reason for stopping survives", async () => {
  const reason = new AppError("conflict", "Somebody else took the session");
  await expect(connect("hang-in-initialize", { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});

test("a stopped agent tells how it ended", async () => {
  const connection = await connect("well");
  await connection.stop({ graceMs: 1_000 });
  expect(await connection.exited).toMatchObject({ signal: "SIGTERM", stderrTail: [] });
  await expect(connection.newSession({ cwd: folder() })).rejects.toThrow(
    "Scripted was ended by SIGTERM",
  );
});

test.each([
  ["close-output-when-idle", "Scripted closed its connection"],
  ["flood-when-idle 1100000", "Scripted sent a message larger than the limit"],
])("an agent whose connection breaks between turns is stopped (%s)", async (behaviour, message) => {
  const { connection } = await openSession(behaviour, { maxMessageBytes: 1_000_000 });
  await connection.exited;
  await expect(connection.newSession({ cwd: folder() })).rejects.toThrow(message);
});

test("an agent that answers that it cannot load a session can open a new one", async () => {
  const connection = await connect("no-load");
  const options = { sessionId: "of-yesterday", cwd: folder() };
  await expect(connection.loadSession(options)).rejects.toMatchObject({
    code: "unavailable",
    message: "Scripted answered with an error: Session not found",
    details: { reason: "session_not_loaded" },
  });
  await connection.newSession({ cwd: folder() });
});

test("an agent that dies while it loads a session has not answered", async () => {
  const connection = await connect("exit-in-load");
  await expect(
    connection.loadSession({ sessionId: "of-yesterday", cwd: folder() }),
  ).rejects.toMatchObject({
    message: "Scripted exited with code 4",
    details: { exitCode: 4, signal: null },
  });
});
