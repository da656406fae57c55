import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { VolatileEvent } from "#server/live/bus-message.ts";
import { createLocalBus } from "./testing/connected-bus.ts";
import { createWakeUp, type Followed } from "./wake-up.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => vi.useRealTimers());

const sessionId = "ses_a";
const output = (outputId: string, executionId: string) =>
  ({ type: "output", outputId, executionId }) as VolatileEvent;

/** Counts how often somebody who follows looks. */
function follow(followed: Followed) {
  const bus = createLocalBus();
  const wakeUp = createWakeUp({ bus } as Parameters<typeof createWakeUp>[0], followed);
  const looks = { count: 0 };
  void (async () => {
    while (!wakeUp.isClosed) {
      await wakeUp.wait();
      looks.count += 1;
    }
  })();
  return { bus, wakeUp, looks };
}

test("only its own outputs wake whoever follows an execution", async () => {
  const { bus, wakeUp, looks } = follow({ sessionId, executionId: "exe_1" });
  const counts: number[] = [];
  for (const event of [
    output("out_1", "exe_1"),
    output("out_2", "exe_1"),
    output("out_1", "exe_1"),
  ]) {
    bus.publishVolatile(sessionId, { type: "delta" } as VolatileEvent);
    bus.publishVolatile(sessionId, output("out_3", "exe_2"));
    bus.publishVolatile("ses_b", output("out_1", "exe_1"));
    bus.publishVolatile(sessionId, event);
    await vi.advanceTimersByTimeAsync(1);
    counts.push(looks.count);
  }
  expect(counts).toEqual([1, 2, 3]);
  wakeUp.close();
});

test("a session whose row changes all the time is looked at four times a second", async () => {
  const { bus, wakeUp, looks } = follow({ sessionId, executionId: "exe_1" });
  for (let n = 0; n < 100; n += 1) {
    bus.tell({ kind: "state", sessionId, teamId: "team_a" });
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(looks.count).toBeGreaterThanOrEqual(4);
  expect(looks.count).toBeLessThanOrEqual(5);
  wakeUp.close();
});
