import { expect, test } from "vitest";
import type { FilingAnswer } from "#lib/shelf.ts";
import { describeFiling } from "./use-filing.ts";

const answer = (sessionId: string, outcome: FilingAnswer["outcome"]): FilingAnswer => ({
  sessionId,
  outcome,
  reason: outcome === "refused" ? "The agent is at work" : null,
});

test("what was done can be taken back, what was so already stays so", () => {
  expect(describeFiling("trash", [answer("a", "done"), answer("b", "unchanged")])).toEqual({
    text: "2 sessions moved to the trash.",
    isError: false,
    undo: { filing: "restore", sessionIds: ["a"] },
  });
});

test("what was refused is told with its reason, once", () => {
  const answers = [answer("a", "done"), answer("b", "refused"), answer("c", "refused")];
  expect(describeFiling("archive", answers)).toMatchObject({
    text: "1 session archived. 2 sessions not: The agent is at work.",
    isError: true,
  });
});

test("what is deleted cannot be taken back", () => {
  expect(describeFiling("delete", [answer("a", "done")]).undo).toBeNull();
});
