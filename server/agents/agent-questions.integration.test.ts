import { expect, test } from "vitest";
import { blocks, textOf, useScriptedAgents } from "./testing/use-scripted-agents.ts";
import type { AgentUpdate } from "./agent-update.ts";

const { openSession, runTurn } = useScriptedAgents();

test("a question and its answer stand in the turn as a call of a tool", async () => {
  const { text, updates } = await runTurn("question", {
    onQuestion: ({ message, schema }) => {
      expect({ message, schema }).toMatchObject({
        message: "Which one?",
        schema: { type: "object" },
      });
      return { action: "accept", content: { which: "the left one" } };
    },
  });
  expect(text).toBe('{"action":"accept","content":{"which":"the left one"}}');
  expect(updates.slice(0, 2)).toMatchObject([
    { title: "Which one?", toolCallId: "question-1", status: "in_progress" },
    { toolCallId: "question-1", status: "completed", rawOutput: { which: "the left one" } },
  ]);
});

test("without anybody to ask a question is declined, and a page is not visited", async () => {
  expect((await runTurn("question")).text).toBe('{"action":"decline"}');
  expect((await runTurn("visit-a-page")).text).toBe('{"action":"cancel"}');
});

test("a question that could not be asked is cancelled, and the turn goes on", async () => {
  const onQuestion = () => Promise.reject(new Error("no database"));
  const { text, result } = await runTurn("question", { onQuestion });
  expect({ text, stopReason: result.stopReason }).toEqual({
    text: '{"action":"cancel"}',
    stopReason: "end_turn",
  });
});

test("whoever decides hears that the turn was cancelled, and what they say then is not told", async () => {
  const updates: AgentUpdate[] = [];
  let heard = false;
  const { connection, sessionId } = await openSession("hang-with-permission", {
    onPermission: (_request, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          heard = true;
          resolve({ outcome: "selected", optionId: "yes" });
        });
        connection.cancel(sessionId);
      }),
  });
  const onUpdate = (update: AgentUpdate) => void updates.push(update);
  await connection.prompt({ sessionId, blocks, onUpdate });
  expect(heard).toBe(true);
  expect(textOf(updates)).toContain('{"outcome":"cancelled"}');
});
