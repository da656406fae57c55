import { expect, test } from "vitest";
import type { RequestField } from "#lib/agent-request.ts";
import { checkAnswer } from "./check-answer.ts";

const field = (name: string, isRequired: boolean): RequestField => ({
  name,
  title: null,
  description: null,
  type: "text",
  options: [],
  isRequired,
});

test("a field that is named as what every object has can be left out, unless it is required", () => {
  const check = (isRequired: boolean) =>
    checkAnswer(
      { kind: "question", options: [], fields: [field("constructor", isRequired)] },
      { content: {} },
    );
  check(false);
  expect(() => check(true)).toThrow("The agent needs an answer to this");
});
