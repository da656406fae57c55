import { describe, expect, test } from "vitest";
import { BUS_PAYLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { DeltaEvent, PreparingEvent } from "#lib/live-protocol.ts";
import type { VolatileEvent } from "./bus-message.ts";
import { splitVolatile } from "./split-volatile.ts";
import { makeDelta } from "./testing/memory-session.ts";
import { VolatileQueue } from "./volatile-queue.ts";

const preparing = (
  step: PreparingEvent["step"]["step"],
  revision: number,
  logTail = "",
): PreparingEvent => ({
  type: "preparing",
  generation: 1,
  attempt: 1,
  revision,
  step: {
    step,
    status: "running",
    startedAt: null,
    elapsedMs: null,
    expectedMs: null,
    logTail,
    message: null,
  },
});

const textOf = (events: VolatileEvent[]) =>
  events.map((event) => (event.type === "delta" ? event.text : "")).join("");

describe("a queue of volatile events", () => {
  test("joins deltas that touch and leaves others apart", () => {
    const queue = new VolatileQueue();
    for (const delta of [makeDelta(0, "a"), makeDelta(1, "b"), makeDelta(5, "c")]) queue.add(delta);
    expect(queue.take()).toEqual([makeDelta(0, "ab"), makeDelta(5, "c")]);
    expect(queue.isEmpty).toBe(true);
  });

  test("keeps the newest state of each step", () => {
    const queue = new VolatileQueue();
    for (const event of [preparing("clone", 1), preparing("agent_start", 2), preparing("clone", 3)])
      queue.add(event);
    expect(queue.take()).toEqual([preparing("agent_start", 2), preparing("clone", 3)]);
  });

  test("gives out no more at once than a notification holds", () => {
    const queue = new VolatileQueue();
    for (let part = 0; part < 20; part += 1) {
      queue.add({ ...makeDelta(0, "x".repeat(1_000)), partId: `part-${part}` } as DeltaEvent);
    }
    let count = 0;
    while (!queue.isEmpty) {
      const events = queue.take();
      count += events.length;
      const news = { kind: "volatile", origin: "p".repeat(64), sessionId: "s".repeat(256), events };
      expect(Buffer.byteLength(JSON.stringify(news))).toBeLessThanOrEqual(BUS_PAYLOAD_MAX_BYTES);
    }
    expect(count).toBe(20);
  });

  test("drops the oldest of a flood and says how many", () => {
    const queue = new VolatileQueue();
    expect(queue.add(makeDelta(0, "x".repeat(60_000)))).toBe(0);
    expect(queue.add(makeDelta(90_000, "y".repeat(60_000)))).toBeGreaterThan(0);
    const events: VolatileEvent[] = [];
    while (!queue.isEmpty) events.push(...queue.take());
    expect(textOf(events)).toMatch(/^x{0,10000}y{60000}$/);
  });
});

describe("an event that is too large for a notification", () => {
  test("is cut into touching deltas, never inside a character", () => {
    const text = "a😀\u0001é".repeat(4_000);
    const pieces = splitVolatile(makeDelta(7, text));
    expect(pieces.length).toBeGreaterThan(1);
    expect(textOf(pieces)).toBe(text);
    let offset = 7;
    for (const piece of pieces) {
      if (piece.type !== "delta") continue;
      expect(piece.offset).toBe(offset);
      expect(piece.text).toBe(Buffer.from(piece.text).toString());
      offset += piece.text.length;
    }
  });

  test("keeps the end of a step's log", () => {
    const [event] = splitVolatile(preparing("setup", 1, `${"\u0001".repeat(8_000)}the end`));
    expect(event?.type === "preparing" && event.step.logTail.endsWith("the end")).toBe(true);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(BUS_PAYLOAD_MAX_BYTES);
  });

  test("is dropped when nothing helps", () => {
    expect(
      splitVolatile({ ...makeDelta(0, "x"), partId: "p".repeat(8_000) } as DeltaEvent),
    ).toEqual([]);
  });
});
