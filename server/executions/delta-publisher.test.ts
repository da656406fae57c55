import { expect, test } from "vitest";
import type { DeltaEvent } from "#lib/live-protocol.ts";
import { createDeltaPublisher, splitDelta } from "./delta-publisher.ts";

const delta = (text: string): DeltaEvent => ({
  type: "delta",
  messageId: "msg_1",
  partId: "prt_1",
  partType: "text",
  offset: 100,
  text,
});

test.each([
  ["plain text", "a".repeat(50_000)],
  ["control characters, six bytes each", "\u0001".repeat(5_000)],
  ["surrogate pairs at every cut", "😀".repeat(9_001)],
  ["a pair behind one character", `x${"😀".repeat(9_001)}`],
  ["lone surrogates", "\ud800".repeat(5_000)],
])("cuts %s into events that fit and join again", (_name, text) => {
  const events = [...splitDelta(delta(text))];
  expect(events.map((event) => event.text).join("")).toBe(text);
  let offset = 100;
  for (const event of events) {
    expect(event.offset).toBe(offset);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(7_000);
    offset += event.text.length;
  }
});

test("no event begins in the middle of a character", () => {
  for (const event of splitDelta(delta("😀".repeat(9_001)))) {
    expect(event.text.charCodeAt(0)).toBe(0xd83d);
  }
});

test("a flood within one tick is left to the durable write", () => {
  const events: DeltaEvent[] = [];
  const ticks: (() => void)[] = [];
  const publisher = createDeltaPublisher({
    publish: (event) => void events.push(event),
    schedule: (callback) => (ticks.push(callback), () => {}),
  });
  for (let offset = 0; offset < 40; offset += 1) {
    publisher.push({ ...delta("x".repeat(10_000)), offset: offset * 10_000 });
  }
  ticks.shift()?.();
  expect(events).toEqual([]);
  publisher.push({ ...delta("tail"), offset: 400_000 });
  ticks.shift()?.();
  expect(events).toMatchObject([{ text: "tail", offset: 400_000 }]);
});

test("texts of two parts are not joined", () => {
  const events: DeltaEvent[] = [];
  const publisher = createDeltaPublisher({
    publish: (event) => void events.push(event),
    schedule: () => () => {},
  });
  publisher.push({ ...delta("a"), offset: 0 });
  publisher.push({ ...delta("b"), partId: "prt_2", offset: 1 });
  publisher.flush();
  expect(events.map(({ partId, text }) => [partId, text])).toEqual([
    ["prt_1", "a"],
    ["prt_2", "b"],
  ]);
});
