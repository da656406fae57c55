import { describe, expect, test } from "vitest";
import type { LiveEvent } from "#lib/live-protocol.ts";
import { applyLiveEvents } from "./apply-live-events.ts";
import {
  delta,
  itemEvent,
  message,
  order,
  textIn,
  textPart,
  viewOf,
  wireItem,
} from "./testing/live-events.ts";

describe("items", () => {
  test("replace what they were before and ignore what is older, whatever the order of arrival", () => {
    const view = viewOf(textPart("prt_1", 5, "new"), textPart("prt_1", 3, "old"));
    expect(textIn(view)).toBe("new");
    expect(view.cursor).toEqual({ generation: 1, seq: 5 });
  });

  test("that came before change nothing, not even the object", () => {
    const view = viewOf(message("msg_1", 1), textPart("prt_1", 2, "hello"));
    expect(applyLiveEvents(view, [message("msg_1", 1), textPart("prt_1", 2, "hello")])).toBe(view);
  });

  test("leave untouched messages and parts the same objects, so that they are not drawn again", () => {
    const before = viewOf(
      message("msg_1", 1),
      textPart("prt_1", 2, "a"),
      textPart("prt_2", 3, "b"),
      message("msg_2", 4),
    );
    const after = applyLiveEvents(before, [textPart("prt_2", 5, "bb")]);
    expect(after.messages[1]).toBe(before.messages[1]);
    expect(after.messages[0]?.parts[0]).toBe(before.messages[0]?.parts[0]);
    expect(after.messages[0]?.parts[1]).not.toBe(before.messages[0]?.parts[1]);
  });

  test("stand in the order of messages by time and parts by id", () => {
    const view = viewOf(
      message("msg_b", 1, 200),
      message("msg_a", 2, 100),
      message("msg_c", 3, 150),
    );
    expect(order(view)).toEqual(["msg_a", "msg_c", "msg_b"]);
    const parts = viewOf(
      textPart("prt_2", 1, "b"),
      textPart("prt_3", 2, "c"),
      textPart("prt_1", 3, "a"),
    );
    expect(parts.messages[0]?.parts.map(({ partId }) => partId)).toEqual([
      "prt_1",
      "prt_2",
      "prt_3",
    ]);
  });

  test("of a message that has not come wait at the end and move once it has", () => {
    const part = itemEvent(wireItem({ messageId: "msg_0", partId: "prt_1", firstSeq: 9, seq: 9 }));
    const waiting = viewOf(message("msg_1", 1, 100), part, message("msg_2", 10, 200));
    expect(order(waiting)).toEqual(["msg_1", "msg_2", "msg_0"]);
    expect(order(applyLiveEvents(waiting, [message("msg_0", 11, 50)]))).toEqual([
      "msg_0",
      "msg_1",
      "msg_2",
    ]);
    const moved: LiveEvent = { type: "moved", messageId: "msg_0", sortKey: "0000000000000150" };
    expect(order(applyLiveEvents(waiting, [moved]))).toEqual(["msg_1", "msg_0", "msg_2"]);
  });

  test("of the same millisecond stand in the order of their first positions, even if one was streamed first", () => {
    const prompt = message("msg_p", 1, 100);
    const view = viewOf(
      delta(0, "Streamed"),
      prompt,
      message("msg_1", 3, 100),
      textPart("prt_1", 4, "Streamed"),
    );
    expect(order(view)).toEqual(["msg_p", "msg_1"]);
  });

  test("a later update of a message never moves it", () => {
    const view = viewOf(
      message("msg_1", 1, 100),
      message("msg_2", 2, 200),
      message("msg_1", 3, 300),
    );
    expect(order(view)).toEqual(["msg_1", "msg_2"]);
  });

  test("that were deleted stay as a mark without content", () => {
    const gone = itemEvent(wireItem({ type: "message", seq: 4, body: null, deleted: true }));
    const view = viewOf(message("msg_1", 1), textPart("prt_1", 2, "hello"), gone);
    expect(view.messages[0]).toMatchObject({ deleted: true, parts: [] });
    expect(applyLiveEvents(view, [delta(0, "late")])).toBe(view);
  });

  test("that are no JSON, cut, or of unknown types are kept and break nothing", () => {
    const view = viewOf(
      itemEvent(wireItem({ partId: "prt_1", seq: 1, body: "not json" })),
      itemEvent(
        wireItem({ partId: "prt_2", seq: 2, body: null, preview: '{"type":"tool","tool":"ba' }),
      ),
      itemEvent(wireItem({ type: "novelty", messageId: "", seq: 3 })),
      itemEvent(wireItem({ type: "session_diff", messageId: "", seq: 4, body: "[]" })),
    );
    expect(view.messages[0]?.parts.map(({ kind }) => kind)).toEqual(["", "tool"]);
    expect(view.others.map(({ type }) => type)).toEqual(["novelty"]);
    expect(view.cursor.seq).toBe(4);
  });
});
