import { createStore } from "jotai";
import { expect, test } from "vitest";
import { applyLiveEvents } from "./apply-live-events.ts";
import { createSessionView } from "./loaded-window.ts";
import { sessionViewAtom, unseenCountAtom } from "./session-atoms.ts";
import {
  itemEvent,
  message,
  sessionState,
  transcriptPage,
  wireItem,
} from "./testing/live-events.ts";

const part = (messageId: string, partId: string, seq: number) =>
  itemEvent(wireItem({ messageId, partId, seq, firstSeq: seq }));

function openSession(after: string | null) {
  const store = createStore();
  const page = transcriptPage({ items: [message("msg_1", 1).item], after });
  store.set(sessionViewAtom, createSessionView(sessionState(), page));
  store.set(unseenCountAtom);
  const take = (...events: Parameters<typeof applyLiveEvents>[1]) =>
    store.set(sessionViewAtom, (view) => applyLiveEvents(view, events));
  return { take, count: () => store.get(unseenCountAtom) };
}

const newMessage = (n: number) => [
  message(`msg_${n}`, 1_000 + 2 * n),
  part(`msg_${n}`, "prt_1", 1_001 + 2 * n),
];

test.each([null, "msg_1"])(
  "what is new is counted in messages, not in their parts (#4)",
  (after) => {
    const { take, count } = openSession(after);
    expect(count()).toBe(0);
    take(...newMessage(2), ...newMessage(3), ...newMessage(4));
    expect(count()).toBe(3);
  },
);

test("a message that only got longer is one that is new", () => {
  const { take, count } = openSession(null);
  take(part("msg_1", "prt_1", 1_000), part("msg_1", "prt_2", 1_001));
  expect(count()).toBe(1);
});
