import { expect, test } from "vitest";
import { message, viewOf } from "#components/session/testing/live-events.ts";
import { buildTurns } from "./build-turns.ts";
import { readTurnUsage } from "./turn-usage.ts";

const [turn] = buildTurns(viewOf(message("msg_1", 1))).turns;
const answers = [0.5, 0.25].map((cost) => ({
  ...turn!.answers[0]!,
  data: { cost, tokens: { input: 10 } },
}));

test("what a turn used is the sum of its answers", () => {
  expect(readTurnUsage({ ...turn!, answers })).toMatchObject({
    costUsd: 0.75,
    inputTokens: 20,
    outputTokens: null,
  });
});

test("nothing is added up of a turn that is not loaded whole (#4)", () => {
  expect(readTurnUsage({ ...turn!, answers, isCut: true })).toBeNull();
});
