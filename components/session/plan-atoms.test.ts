import { expect, test } from "vitest";
import { itemEvent, message, viewOf, wireItem } from "./testing/live-events.ts";
import { findPlan } from "./plan-atoms.ts";

const todos = (partId: string, seq: number, ...contents: string[]) => {
  const input = { todos: contents.map((content) => ({ content, status: "pending" })) };
  const body = JSON.stringify({ type: "tool", tool: "todowrite", state: { input } });
  return itemEvent(wireItem({ partId, firstSeq: seq, seq, body }));
};

test("the latest list of the last turn is the plan", () => {
  const view = viewOf(message("msg_1", 1), todos("prt_1", 2, "old"), todos("prt_2", 3, "a", "b"));
  expect(findPlan(view.messages).map(({ content }) => content)).toEqual(["a", "b"]);
});

test("a plan of the turn before is none of this one", () => {
  const body = JSON.stringify({ id: "msg_2", role: "user", time: { created: 9 } });
  const prompt = itemEvent(
    wireItem({ type: "message", messageId: "msg_2", firstSeq: 4, seq: 4, body }),
  );
  const view = viewOf(message("msg_1", 1), todos("prt_1", 2, "old"), prompt);
  expect(findPlan(view.messages)).toEqual([]);
});

test("tools that make no lists make no plan", () => {
  const body = JSON.stringify({ type: "tool", tool: "bash", state: { input: { items: ["a"] } } });
  const view = viewOf(message("msg_1", 1), itemEvent(wireItem({ partId: "p", seq: 2, body })));
  expect(findPlan(view.messages)).toEqual([]);
});
