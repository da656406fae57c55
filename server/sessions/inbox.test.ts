import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { Bus } from "#server/live/bus.ts";
import type { BusMessage } from "#server/live/bus-message.ts";
import { openInbox } from "./inbox.ts";

/** An inbox that takes everything for news, and how to give it some. */
function openTestInbox() {
  const listeners: ((message: BusMessage) => void)[] = [];
  const bus = {
    subscribe(listener: (message: BusMessage) => void) {
      listeners.push(listener);
      return () => {};
    },
    onReconnect: () => () => {},
  } as unknown as Bus;
  const inbox = openInbox(bus, () => true);
  const tell = () => listeners[0]!({ kind: "wake", sessionId: "ses" });
  return { inbox, tell };
}

test("a wait leaves nothing behind on its signals, and news from before it ends it at once", async () => {
  const { inbox, tell } = openTestInbox();
  const { signal } = new AbortController();
  for (let count = 0; count < 3; count += 1) {
    const waiting = inbox.wait(signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    tell();
    await waiting;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  }
  tell();
  await inbox.wait(signal);
});

test("each of its signals ends a wait, also one that was aborted before", async () => {
  const { inbox } = openTestInbox();
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = inbox.wait(first.signal, second.signal);
  second.abort();
  await waiting;
  await inbox.wait(first.signal, second.signal);
  expect(getEventListeners(first.signal, "abort")).toEqual([]);
});
