import { expect, test } from "vitest";
import { createHeardInputs } from "./heard-inputs.ts";

const input = (toolCallId: string, rawInput: unknown, change: object = {}) => ({
  sessionUpdate: "tool_call_update",
  toolCallId,
  rawInput,
  ...change,
});

test("the last input that says something is kept until its call ends", () => {
  const { take, get } = createHeardInputs();
  take(input("a", {}, { sessionUpdate: "tool_call" }));
  expect(get("a")).toBeUndefined();
  take(input("a", { command: "ls" }));
  for (const empty of [{}, null, "", [], undefined]) take(input("a", empty));
  take(input("a", { command: "rm" }, { sessionUpdate: "permission_request" }));
  expect(get("a")).toEqual({ command: "ls" });
  take(input("a", { command: "ls" }, { status: "completed" }));
  expect(get("a")).toBeUndefined();
});

test("of calls that never end the last ones are kept", () => {
  const { take, get } = createHeardInputs();
  for (let index = 0; index < 1_000; index += 1) take(input(`call ${index}`, { index }));
  const kept = Array.from({ length: 1_000 }, (_, index) => get(`call ${index}`)).filter(Boolean);
  expect(kept).toHaveLength(100);
  expect(kept.at(-1)).toEqual({ index: 999 });
});

test("an input that is very large is not kept, nor the one that it replaces", () => {
  const { take, get } = createHeardInputs();
  take(input("a", { command: "ls" }));
  take(input("a", { command: "x".repeat(1_000_000) }));
  expect(get("a")).toBeUndefined();
});
