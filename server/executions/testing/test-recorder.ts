import { setImmediate } from "node:timers/promises";
import { createMessageId } from "#lib/ids.ts";
import type { DeltaEvent } from "#lib/live-protocol.ts";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { createTurnRecorder, type TurnRecorderOptions } from "../turn-recorder.ts";

/** A clock that stands still until the test moves it. */
function createClock() {
  let time = 1_000_000;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => time,
    schedule(callback: () => void, delayMs: number) {
      const timer = { at: time + delayMs, callback };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    /** Moves on and lets everything run that is due. */
    async advance(ms: number) {
      time += ms;
      const due = timers.filter(({ at }) => at <= time);
      timers = timers.filter(({ at }) => at > time);
      for (const { callback } of due) callback();
      await setImmediate();
    },
    timerCount: () => timers.length,
  };
}

/** A recorder that writes into memory, on a clock that the test moves. */
export function createTestRecorder(options: Partial<TurnRecorderOptions> = {}) {
  const clock = createClock();
  const writes: ItemInput[][] = [];
  const events: DeltaEvent[] = [];
  const promptMessageId = createMessageId();
  const recorder = createTurnRecorder({
    sessionId: "ses_1",
    promptMessageId,
    promptText: "Do it",
    agentLabel: "Scripted",
    writeItems: async (items) => void writes.push(items),
    publish: (event) => void events.push(event),
    now: clock.now,
    schedule: clock.schedule,
    ...options,
  });
  /** Bodies of the last state of every item, in order of first write. */
  const stored = () => {
    const items = new Map<string, Record<string, unknown>>();
    for (const item of writes.flat())
      items.set(`${item.type}/${item.partId || item.messageId}`, JSON.parse(String(item.body)));
    return [...items.values()];
  };
  /** Hands an update over as an agent does that never waits. */
  const tell = (update: AgentUpdate) => void recorder.onUpdate(update);
  return { recorder, tell, clock, writes, events, stored, promptMessageId };
}
