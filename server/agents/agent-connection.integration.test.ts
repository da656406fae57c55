import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import { log } from "#server/log.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import {
  type AgentConnection,
  connectAgent,
  type ConnectAgentOptions,
} from "./agent-connection.ts";
import type { AgentUpdate } from "./agent-update.ts";

const scriptPath = fileURLToPath(new URL("./testing/scripted-agent.mjs", import.meta.url));
const blocks = [{ type: "text" as const, text: "Do it" }];

let folder: string;
const open: AgentConnection[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-agents-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.stop({ graceMs: 0 })));
  await rm(folder, { recursive: true, force: true });
});

async function connect(behaviour: string, options: Partial<ConnectAgentOptions> = {}) {
  const [name, ...args] = behaviour.split(" ");
  const connection = await connectAgent({
    sandbox: createProcessSandbox(),
    agent: {
      label: "Scripted",
      command: process.execPath,
      args: [scriptPath, name ?? "", ...args],
      environment: {},
      quietEnvironment: {},
    },
    cwd: folder,
    homePath: join(folder, "home"),
    environment: {},
    log,
    ...options,
  });
  open.push(connection);
  return connection;
}

async function runTurn(behaviour: string, options: Partial<ConnectAgentOptions> = {}) {
  const connection = await connect(behaviour, options);
  const { sessionId } = await connection.newSession({ cwd: folder });
  const updates: AgentUpdate[] = [];
  const result = await connection.prompt({
    sessionId,
    blocks,
    onUpdate: (update) => void updates.push(update),
  });
  return { connection, sessionId, updates, result, text: textOf(updates) };
}

const textOf = (updates: AgentUpdate[]) =>
  updates.map(({ content }) => (content as { text?: string } | undefined)?.text ?? "").join("");

test("a turn delivers its updates in order before its result", async () => {
  const { connection, text, result } = await runTurn("well");
  expect(text).toBe("Hello world");
  expect(result).toEqual({ stopReason: "end_turn", usage: { inputTokens: 12, outputTokens: 3 } });
  expect(connection.initialize).toMatchObject({
    name: "scripted",
    version: "1.2.3",
    loadsSessions: true,
  });
});

test("an agent is offered neither files nor terminals", async () => {
  const { initialize } = await connect("well");
  expect(JSON.parse(String(initialize.capabilities["offered"]))).toEqual({
    fs: { readTextFile: false, writeTextFile: false },
    terminal: false,
  });
});

test("the model that the agent tells comes with the session", async () => {
  const connection = await connect("well");
  expect(await connection.newSession({ cwd: folder })).toEqual({
    sessionId: "agent-session",
    modelId: "scripted-1",
  });
});

test("the history that a loaded session repeats reaches no turn", async () => {
  const connection = await connect("well");
  await connection.loadSession({ sessionId: "agent-session", cwd: folder });
  const updates: AgentUpdate[] = [];
  await connection.prompt({
    sessionId: "agent-session",
    blocks,
    onUpdate: (update) => void updates.push(update),
  });
  expect(textOf(updates)).toBe("Hello world");
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
  const pid = Number(await readFile(join(folder, "agent.pid"), "utf8"));
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("the caller's own reason for stopping survives", async () => {
  const reason = new AppError("conflict", "Somebody else took the session");
  await expect(connect("hang-in-initialize", { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});

test("an agent that exits in a turn fails the turn with its last words, secrets removed", async () => {
  const environment = { API_KEY: "session-secret-value" };
  await expect(runTurn("exit-in-turn", { environment })).rejects.toMatchObject({
    message: "Scripted exited with code 9: panic: [redacted] leaked",
    details: { exitCode: 9 },
  });
});

test("an agent that is killed in a turn fails the turn with the signal", async () => {
  await expect(runTurn("killed-in-turn")).rejects.toThrow("Scripted was ended by SIGKILL");
});

test("an agent that closes its output but lives on fails the turn", async () => {
  await expect(runTurn("close-output")).rejects.toThrow("Scripted closed its connection");
});

test("lines that are no messages are passed over", async () => {
  const { text } = await runTurn("garbage");
  expect(text).toBe("still here");
});

test("a message above the limit fails the turn and stops the agent", async () => {
  const maxMessageBytes = 1_000_000;
  const connection = await connect("flood 1100000", { maxMessageBytes });
  const { sessionId } = await connection.newSession({ cwd: folder });
  await expect(connection.prompt({ sessionId, blocks, onUpdate: () => {} })).rejects.toThrow(
    "larger than the limit",
  );
  await connection.exited;
});

test("a message of 20 MB arrives whole", async () => {
  const { text } = await runTurn("flood 20000000");
  expect(text).toHaveLength(20_000_000);
});

test("updates after the end and of unknown sessions reach nobody", async () => {
  const { connection, sessionId, text } = await runTurn("late");
  expect(text).toBe("in time");
  await expect(connection.loadSession({ sessionId, cwd: folder })).resolves.toBeDefined();
});

test("updates and stop reasons that we do not know are handed on", async () => {
  const { updates, result } = await runTurn("unknown");
  expect(updates).toEqual([{ sessionUpdate: "hologram", shape: "cube" }]);
  expect(result.stopReason).toBe("because");
});

test("requests that we do not implement are answered with method not found", async () => {
  const { text } = await runTurn("requests");
  expect(text).toBe("-32601 -32601");
});

test("permission is given once by default, and the call it is about is known from the request", async () => {
  const { text, updates } = await runTurn("permission");
  expect(text).toBe('{"outcome":"selected","optionId":"yes"}');
  expect(updates[0]).toEqual({
    sessionUpdate: "permission_request",
    toolCallId: "call-1",
    title: "rm -rf build",
    kind: "execute",
    status: "pending",
  });
});

test("the caller decides about permissions", async () => {
  const { text } = await runTurn("permission", {
    onPermission: () => ({ outcome: "selected", optionId: "no" }),
  });
  expect(text).toBe('{"outcome":"selected","optionId":"no"}');
});

test("a permission that cannot be decided counts as cancelled", async () => {
  const onPermission = () => Promise.reject(new Error("policy broke"));
  const { text } = await runTurn("permission", { onPermission });
  expect(text).toBe('{"outcome":"cancelled"}');
});

test("an error answer tells its details without credentials", async () => {
  await expect(runTurn("rpc-error")).rejects.toThrow(
    "Scripted answered with an error: quota exceeded for Bearer [redacted]",
  );
});

test("an error answer with a code that is no number still ends the turn", async () => {
  await expect(runTurn("string-error")).rejects.toMatchObject({ code: "unavailable" });
});

test.each(["hang", "end-after-cancel", "fail-after-cancel"])(
  "a cancelled turn ends as cancelled (%s)",
  async (behaviour) => {
    const connection = await connect(behaviour);
    const { sessionId } = await connection.newSession({ cwd: folder });
    const controller = new AbortController();
    const result = connection.prompt({
      sessionId,
      blocks,
      onUpdate: () => controller.abort(),
      signal: controller.signal,
    });
    expect(await result).toMatchObject({ stopReason: "cancelled" });
  },
);

test("cancelling answers an open permission request with cancelled", async () => {
  const asked = createDeferred<void>();
  const connection = await connect("hang-with-permission", {
    onPermission: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  const { sessionId } = await connection.newSession({ cwd: folder });
  const updates: AgentUpdate[] = [];
  const result = connection.prompt({
    sessionId,
    blocks,
    onUpdate: (update) => void updates.push(update),
  });
  await asked.promise;
  connection.cancel(sessionId);
  expect(await result).toMatchObject({ stopReason: "cancelled" });
  expect(textOf(updates)).toContain('{"outcome":"cancelled"}');
});

test("an agent that ignores a cancellation is given up after the grace time", async () => {
  const connection = await connect("ignore-cancel", { cancelGraceMs: 50 });
  const { sessionId } = await connection.newSession({ cwd: folder });
  const result = connection.prompt({
    sessionId,
    blocks,
    onUpdate: () => connection.cancel(sessionId),
  });
  await expect(result).rejects.toThrow("Scripted did not stop after it was cancelled");
});

test("a second prompt in an open turn is a conflict", async () => {
  const connection = await connect("hang");
  const { sessionId } = await connection.newSession({ cwd: folder });
  const first = connection.prompt({ sessionId, blocks, onUpdate: () => {} });
  await expect(connection.prompt({ sessionId, blocks, onUpdate: () => {} })).rejects.toMatchObject({
    code: "conflict",
  });
  connection.cancel(sessionId);
  await first;
});

test("a failing consumer fails the turn with its own error and cancels it", async () => {
  const connection = await connect("hang");
  const { sessionId } = await connection.newSession({ cwd: folder });
  const full = new AppError("unavailable", "The disk is full");
  const result = connection.prompt({ sessionId, blocks, onUpdate: () => Promise.reject(full) });
  await expect(result).rejects.toBe(full);
});

test("a slow consumer holds the next update and the result back", async () => {
  const sent = createDeferred<void>();
  const connection = await connect("well-and-tell", { onStderr: () => sent.resolve() });
  const { sessionId } = await connection.newSession({ cwd: folder });
  const gate = createDeferred<void>();
  const updates: AgentUpdate[] = [];
  let isAnswered = false;
  const onUpdate = (update: AgentUpdate) => {
    updates.push(update);
    return gate.promise;
  };
  const result = connection
    .prompt({ sessionId, blocks, onUpdate })
    .finally(() => (isAnswered = true));
  await sent.promise;
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  expect(updates).toHaveLength(1);
  expect(isAnswered).toBe(false);
  gate.resolve();
  await result;
  expect(textOf(updates)).toBe("Hello world");
});

test("a stopped agent tells how it ended", async () => {
  const connection = await connect("well");
  await connection.stop({ graceMs: 1_000 });
  expect(await connection.exited).toMatchObject({ signal: "SIGTERM", stderrTail: [] });
  await expect(connection.newSession({ cwd: folder })).rejects.toThrow(
    "Scripted was ended by SIGTERM",
  );
});
