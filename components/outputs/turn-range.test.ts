import { expect, test } from "vitest";
import type { WireItem } from "#lib/live-protocol.ts";
import type { MessageView } from "#components/session/session-view.ts";
import type { Turn } from "#components/transcript/build-turns.ts";
import { turnRange, turnStart } from "./turn-range.ts";

const message = (firstSeq: number): MessageView => ({
  messageId: `msg_${firstSeq}`,
  role: null,
  sortKey: null,
  firstSeq,
  data: null,
  deleted: false,
  parts: [],
  item: { firstSeq } as WireItem,
});

const turn = (prompt: number | null, ...answers: number[]): Turn => ({
  id: `turn ${prompt}`,
  prompt:
    prompt === null ? null : { messageId: `msg_${prompt}`, message: message(prompt), state: null },
  answers: answers.map(message),
  isCut: false,
});

test("a turn begins with its prompt, or with its first answer where that is not loaded", () => {
  expect(turnStart(turn(4, 5, 6))).toBe(4);
  expect(turnStart(turn(null, 5, 6))).toBe(5);
});

test("a prompt that nobody has begun with has no place in the log", () => {
  const waiting: Turn = { ...turn(4), prompt: { messageId: "msg", message: null, state: null } };
  expect(turnStart(waiting)).toBeNull();
  expect(turnRange({ after: null }, [turn(1, 2), waiting])).toEqual({ starts: [1], until: null });
});

test("turns of a session that was brought here may stand in another order than they came", () => {
  expect(turnRange({ after: null }, [turn(9, 10), turn(3, 4)]).starts).toEqual([3, 9]);
});

test("the last turn of a window ends with what is loaded of it", () => {
  expect(turnRange({ after: "place" }, [turn(1, 2), turn(3, 4, 8)]).until).toBe(8);
});
