import type { AnyMessage } from "@agentclientprotocol/sdk";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createAgentTurns } from "./agent-turns.ts";
import type { PermissionRequest } from "./permission-policy.ts";
import { declineQuestions } from "./question-policy.ts";

const update = (sessionId: string, change: object) =>
  ({
    jsonrpc: "2.0",
    method: "session/update",
    params: {
      sessionId,
      update: { sessionUpdate: "tool_call_update", toolCallId: "c", ...change },
    },
  }) as AnyMessage;

test("who decides is told what the same turn has said of the call", async () => {
  const asked: unknown[] = [];
  const turns = createAgentTurns({
    log: pino({ level: "silent" }),
    settings: { take: () => {} },
    onPermission: ({ heardInput }) => {
      asked.push(heardInput);
      return { outcome: "cancelled" };
    },
    onQuestion: declineQuestions,
  });
  const ask = (sessionId: string) =>
    turns.answerPermission({
      sessionId,
      toolCall: { toolCallId: "c", rawInput: {} },
      options: [],
    } satisfies PermissionRequest);
  turns.begin("one", () => {});
  turns.begin("other", () => {});
  await turns.intercept(update("one", { rawInput: { command: "ls" } }));
  await turns.intercept(update("one", { rawInput: {}, status: "in_progress" }));
  await ask("one");
  await ask("other");
  expect(asked).toEqual([{ command: "ls" }, undefined]);
});
