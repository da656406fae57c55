import { expect, test } from "vitest";
import type { MessageView } from "#components/session/session-view.ts";
import type { JsonObject } from "#lib/json.ts";
import { doneAt } from "./created-at.ts";

const answers = (...each: JsonObject[]): MessageView[] =>
  each.map((data, index) => ({
    messageId: `msg_${index}`,
    role: "assistant",
    sortKey: String(index),
    firstSeq: index,
    data,
    deleted: false,
    item: null,
    parts: [],
  }));

test("a turn is done when its last answer is, and never when that failed or was stopped (#7)", () => {
  expect(doneAt(answers({ time: { completed: 1 } }, { time: { completed: 2 } }))).toBe(2);
  expect(doneAt(answers({ time: { completed: 1 } }, { time: {} }))).toBeNull();
  expect(doneAt(answers({ time: { completed: 1 }, error: { name: "Failed" } }))).toBeNull();
  expect(doneAt([])).toBeNull();
});
