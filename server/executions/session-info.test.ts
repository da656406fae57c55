import { expect, test } from "vitest";
import { createSessionInfo, noTokens } from "./session-info.ts";
import { say } from "./testing/agent-updates.ts";
import { createTestRecorder } from "./testing/test-recorder.ts";

const sessionOf = (isTitleFixed = false) => {
  const tokens = { ...noTokens(), input: 100 };
  const info = createSessionInfo({ sessionId: "ses_1", title: "Pears", createdAt: 5, tokens });
  return { info, isTitleFixed };
};
const titled = { sessionUpdate: "session_info_update", title: "Apples" };
const infosOf = (writes: ReturnType<typeof createTestRecorder>["writes"]) =>
  writes
    .flat()
    .filter(({ type }) => type === "session")
    .map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>);

test("a turn writes the session's own item when it begins and what it came to at its end", async () => {
  const { recorder, tell, clock, writes } = createTestRecorder({
    session: sessionOf(),
    costBeforeUsd: 0.5,
  });
  tell(say("Hello"));
  await clock.advance(0);
  expect(infosOf(writes)).toMatchObject([
    { id: "ses_1", title: "Pears", cost: 0.5, time: { created: 5, updated: 1_000_000 } },
  ]);
  await clock.advance(10);
  tell({
    sessionUpdate: "usage_update",
    used: 1,
    size: 9,
    cost: { amount: 0.75, currency: "USD" },
  });
  await recorder.finish({ stopReason: "end_turn", usage: { inputTokens: 10, outputTokens: 5 } });
  expect(infosOf(writes).at(-1)).toMatchObject({
    cost: 0.75,
    tokens: { input: 110, output: 5 },
    time: { created: 5, updated: 1_000_010 },
  });
});

test.each([
  ["the agent's title replaces the prompt's", false, "Apples"],
  ["a person's title stays", true, "Pears"],
])("%s", async (_name, isTitleFixed, expected) => {
  const { recorder, tell, writes } = createTestRecorder({ session: sessionOf(isTitleFixed) });
  tell(titled);
  tell(say("Hello"));
  await recorder.finish({ stopReason: "end_turn" });
  expect(infosOf(writes).at(-1)).toMatchObject({ title: expected });
});

test("a turn that has not begun writes none", async () => {
  const { recorder, tell, writes } = createTestRecorder({ session: sessionOf() });
  tell(titled);
  await recorder.finish({ error: new Error("broken") });
  expect(writes).toEqual([]);
});

test("none is written over one that the session was brought with", async () => {
  const { recorder, tell, writes } = createTestRecorder({ session: null });
  tell(titled);
  tell(say("Hello"));
  await recorder.finish({ stopReason: "end_turn" });
  expect(infosOf(writes)).toEqual([]);
});
