import { expect, test } from "vitest";
import { createTurnMessages } from "./turn-messages.ts";
import { createPart, createTurnItems } from "./turn-items.ts";
import { createPartRelease, ENDED_CALLS_MAX_CHARACTERS } from "./release-parts.ts";
import { output, say, tool } from "./testing/agent-updates.ts";
import { createTestRecorder } from "./testing/test-recorder.ts";

const MILLION = 1_000_000;

const call = (index: number, update: object) => tool({ toolCallId: `call-${index}`, ...update });

function openTurn() {
  const options = { sessionId: "s", promptMessageId: "m", promptText: "", agentLabel: "" };
  const turn = createTurnItems(createTurnMessages(options, 1).answer);
  let count = 0;
  const ids = { now: 1, createPartId: () => `prt_${(count += 1)}` };
  const add = (status: "running" | "completed") => {
    const state = { status, input: {}, title: "", output: "", metadata: {}, time: { start: 1 } };
    return createPart(turn, ids, { type: "tool", callID: "c", tool: "bash", state }).id;
  };
  return { turn, ids, add, release: createPartRelease(turn) };
}

test("what is stored and has ended is not held, calls up to a bound", () => {
  const { turn, ids, add, release } = openTurn();
  const text = createPart(turn, ids, { type: "text", text: "a", time: { start: 1, end: 1 } });
  const open = createPart(turn, ids, { type: "text", text: "b", time: { start: 1 } });
  const running = add("running");
  const calls = Array.from({ length: 20 }, () => add("completed"));
  for (const partId of turn.parts.keys()) release.stored(partId, MILLION);
  expect(turn.parts.has(text.id)).toBe(false);
  const held = ENDED_CALLS_MAX_CHARACTERS / MILLION;
  expect([...turn.parts.keys()]).toEqual([open.id, running, ...calls.slice(-held)]);
});

test("a call that changed since it was stored is held until it is stored again", () => {
  const { turn, add, release } = openTurn();
  const first = add("completed");
  release.stored(first, MILLION);
  release.changed(first);
  const large = add("completed");
  release.stored(large, ENDED_CALLS_MAX_CHARACTERS);
  expect(turn.parts.has(first)).toBe(true);
  release.stored(first, MILLION);
  expect([...turn.parts.keys()]).toEqual([first]);
});

test("more about a call that was released is kept beside it, more about a late one in it", async () => {
  const { recorder, tell, clock, stored } = createTestRecorder();
  for (let index = 0; index < 20; index += 1) {
    tell(call(index, { title: "cat", status: "completed", content: output("x".repeat(MILLION)) }));
    await clock.advance(0);
  }
  tell(call(0, { title: "early" }));
  tell(call(19, { title: "late" }));
  tell(say("done"));
  await recorder.finish({ stopReason: "end_turn" });
  const calls = stored().filter(({ type }) => type === "tool");
  expect(calls).toHaveLength(20);
  expect(calls.at(-1)).toMatchObject({ state: { title: "late" } });
  expect(stored().filter(({ type }) => type === "update")).toMatchObject([
    { kind: "tool_call_update", data: { toolCallId: "call-0", title: "early" } },
  ]);
});
