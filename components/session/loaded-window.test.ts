import { describe, expect, test } from "vitest";
import type { ItemEvent } from "#lib/live-protocol.ts";
import { applyLiveEvents } from "./apply-live-events.ts";
import { createSessionView, withEarlierPage, withLaterPage } from "./loaded-window.ts";
import {
  delta,
  itemEvent,
  message,
  order,
  sessionState,
  textPart,
  transcriptPage,
  wireItem,
} from "./testing/live-events.ts";
import { boundWindow, countItems, WINDOW_MAX_ITEMS } from "./trim-window.ts";

const itemsOf = (...events: ItemEvent[]) => events.map(({ item }) => item);
/** Of a part that first came at `firstSeq`. */
const part = (messageId: string, partId: string, [seq, firstSeq = seq]: [number, number?]) =>
  itemEvent(wireItem({ messageId, partId, seq, firstSeq }));

/** Messages 5 and 6 of a longer session. */
const middle = () =>
  createSessionView(
    sessionState(),
    transcriptPage({
      items: itemsOf(message("msg_5", 50), part("msg_5", "prt_5", [51]), message("msg_6", 60)),
      before: "msg_5",
      after: "msg_6/prt_6",
      cursor: { generation: 1, seq: 100 },
    }),
  );

describe("a window in the middle", () => {
  test("counts what comes after it and keeps nothing of that", () => {
    const view = applyLiveEvents(middle(), [
      message("msg_9", 101),
      part("msg_9", "prt_1", [102]),
      part("msg_9", "prt_1", [103, 102]),
      part("msg_6", "prt_7", [104]),
      delta(0, "text"),
    ]);
    expect(order(view)).toEqual(["msg_5", "msg_6"]);
    expect(countItems(view)).toBe(3);
    expect(view).toMatchObject({ beyondCount: 3, cursor: { seq: 104 } });
  });

  test("takes in changes of what is in it, and nothing of what is before it", () => {
    const view = applyLiveEvents(middle(), [
      part("msg_5", "prt_5", [101, 51]),
      part("msg_6", "prt_0", [102]),
      message("msg_1", 103, 1),
      part("msg_1", "prt_1", [104, 2]),
    ]);
    expect(order(view)).toEqual(["msg_5", "msg_6"]);
    expect(view.messages[0]?.parts[0]?.item?.seq).toBe(101);
    expect(view.messages[1]?.parts.map(({ partId }) => partId)).toEqual(["prt_0"]);
  });

  test("grows by the pages next to it", () => {
    const earlier = transcriptPage({
      items: itemsOf(message("msg_4", 40)),
      firstPromptId: "msg_4",
    });
    const later = transcriptPage({ items: itemsOf(message("msg_7", 70)) });
    const view = withLaterPage(withEarlierPage({ ...middle(), beyondCount: 7 }, earlier), later);
    expect(order(view)).toEqual(["msg_4", "msg_5", "msg_6", "msg_7"]);
    expect(view).toMatchObject({ before: null, after: null, beyondCount: 0 });
  });
});

test("at the end of a cut transcript, late news of parts that are not loaded makes no message", () => {
  const view = { ...middle(), after: null };
  expect(order(applyLiveEvents(view, [part("msg_1", "prt_1", [101, 2])]))).toEqual([
    "msg_5",
    "msg_6",
  ]);
  expect(order(applyLiveEvents(view, [part("msg_9", "prt_1", [101])]))).toEqual([
    "msg_5",
    "msg_6",
    "msg_9",
  ]);
});

test("a hole stands among the parts until its item comes", () => {
  const hole = { messageId: "msg_1", partId: "prt_2", byteSize: 61e6, reason: "Too large" };
  const items = itemsOf(message("msg_1", 1), textPart("prt_1", 2, "a"), textPart("prt_3", 3, "b"));
  const view = createSessionView(sessionState(), transcriptPage({ items, holes: [hole] }));
  const kinds = (current: typeof view) => current.messages[0]?.parts.map(({ kind }) => kind);
  expect(kinds(view)).toEqual(["text", "hole", "text"]);
  expect(kinds(applyLiveEvents(view, [textPart("prt_2", 9, "c")]))).toEqual([
    "text",
    "text",
    "text",
  ]);
});

describe("a running ingest of any size", () => {
  const events = (count: number) =>
    Array.from({ length: count }, (_, n) => [
      message(`msg_${10_000 + n}`, 1_000 + 2 * n),
      part(`msg_${10_000 + n}`, "prt_1", [1_001 + 2 * n]),
    ]).flat();
  const arriveAt = (view: ReturnType<typeof middle>, isFollowing: boolean) =>
    events(2_000).reduce(
      (current, event) => boundWindow(applyLiveEvents(current, [event]), { isFollowing }),
      view,
    );

  test("does not fill a page that follows: it holds the end", () => {
    const view = arriveAt({ ...middle(), after: null }, true);
    expect(countItems(view)).toBeLessThanOrEqual(WINDOW_MAX_ITEMS);
    expect(order(view).at(-1)).toBe("msg_11999");
    expect(view.before).toBe(order(view)[0]);
  });

  test("does not fill a page that is read elsewhere: it keeps its place and counts", () => {
    const view = arriveAt({ ...middle(), after: null }, false);
    expect(countItems(view)).toBeLessThanOrEqual(2 * WINDOW_MAX_ITEMS);
    expect(order(view).slice(0, 2)).toEqual(["msg_5", "msg_6"]);
    expect(countItems(view) + view.beyondCount).toBe(3 + 4_000);
    expect(view.after).toBe(`${order(view).at(-1)}/prt_1`);
  });

  test("does not fill it either when all of it is one message", () => {
    const parts = Array.from({ length: 2_000 }, (_, n) =>
      part("msg_6", `prt_${10_000 + n}`, [200 + n]),
    );
    const ends = [true, false].map((isFollowing) =>
      parts.reduce(
        (current, event) => boundWindow(applyLiveEvents(current, [event]), { isFollowing }),
        { ...middle(), after: null } as ReturnType<typeof middle>,
      ),
    );
    expect(ends.map(countItems).every((count) => count <= 2 * WINDOW_MAX_ITEMS)).toBe(true);
    expect(ends[0]?.messages.at(-1)?.parts.at(-1)?.partId).toBe("prt_11999");
    expect(ends[0]?.before).toMatch(/^msg_6\/prt_/);
    expect(ends[1]?.after).toMatch(/^msg_6\/prt_/);
  });
});
