import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import type { AgentUpdate } from "./agent-update.ts";
import { blocks, textOf, useScriptedAgents } from "./testing/use-scripted-agents.ts";

const { connect, openSession, runTurn, isRunning, folder } = useScriptedAgents();

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

test("the history that a loaded session repeats reaches no turn", async () => {
  const connection = await connect("well");
  await connection.loadSession({ sessionId: "agent-session", cwd: folder() });
  const updates: AgentUpdate[] = [];
  await connection.prompt({
    sessionId: "agent-session",
    blocks,
    onUpdate: (update) => void updates.push(update),
  });
  expect(textOf(updates)).toBe("Hello world");
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
  const { connection, sessionId } = await openSession("flood 1100000", { maxMessageBytes });
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
  await expect(connection.loadSession({ sessionId, cwd: folder() })).resolves.toBeDefined();
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
    const { connection, sessionId } = await openSession(behaviour);
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
  const { connection, sessionId } = await openSession("hang-with-permission", {
    onPermission: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
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

test("an agent that ignores a cancellation is stopped after the grace time", async () => {
  const { connection, sessionId } = await openSession("ignore-cancel", { cancelGraceMs: 50 });
  const result = connection.prompt({
    sessionId,
    blocks,
    onUpdate: () => connection.cancel(sessionId),
  });
  await expect(result).rejects.toThrow(
    "Scripted did not stop within 1 s after it was cancelled, so its process was ended",
  );
  expect(await isRunning()).toBe(false);
});

test("a second prompt in an open turn is a conflict", async () => {
  const { connection, sessionId } = await openSession("hang");
  const first = connection.prompt({ sessionId, blocks, onUpdate: () => {} });
  await expect(connection.prompt({ sessionId, blocks, onUpdate: () => {} })).rejects.toMatchObject({
    code: "conflict",
  });
  connection.cancel(sessionId);
  await first;
});

test("a failing consumer fails the turn with its own error, hears no more, and stops the agent", async () => {
  const { connection, sessionId } = await openSession("well");
  const full = new AppError("unavailable", "The disk is full");
  const onUpdate = vi.fn<() => Promise<void>>(() => Promise.reject(full));
  await expect(connection.prompt({ sessionId, blocks, onUpdate })).rejects.toBe(full);
  expect(onUpdate).toHaveBeenCalledOnce();
  expect(await isRunning()).toBe(false);
});

test("a slow consumer holds the next update and the result back", async () => {
  const sent = createDeferred<void>();
  const { connection, sessionId } = await openSession("well-and-tell", {
    onStderr: () => sent.resolve(),
  });
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
