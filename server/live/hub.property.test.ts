import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cursor, LiveEvent } from "#lib/live-protocol.ts";
import { log } from "#server/log.ts";
import { createLiveHub } from "./hub.ts";
import { makeDelta, MemorySession, MemorySubscriber, TOPIC } from "./testing/memory-session.ts";

/** What may happen, in any order; `rest` lets readings, timers and frames get somewhere. */
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("commit" as const), part: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ do: fc.constant("commit-untold" as const), part: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ do: fc.constant("tell" as const) }),
    fc.record({ do: fc.constant("volatile" as const) }),
    fc.record({ do: fc.constant("cut" as const), viewer: fc.nat(2) }),
    fc.record({ do: fc.constant("come" as const), viewer: fc.nat(2) }),
    fc.record({ do: fc.constant("generation" as const) }),
    fc.record({ do: fc.constant("rest" as const), ticks: fc.integer({ min: 1, max: 6 }) }),
  ),
  { minLength: 5, maxLength: 60 },
);

/** How many turns each reading takes: one that began earlier may end later. */
const delays = fc.array(fc.nat(8), { minLength: 1, maxLength: 8 });

/** A viewer whose connection may be cut: it keeps what it saw and the cursor that items gave it. */
class CutViewer {
  cursor: Cursor | null = null;
  readonly parts = new Map<string, number>();
  isCaughtUp = false;
  readonly problems: string[] = [];
  #connection: MemorySubscriber | null = null;
  #leave = () => {};
  #seenCount = 0;

  get isHere() {
    return this.#connection !== null;
  }

  come(hub: ReturnType<typeof createLiveHub>) {
    if (this.#connection !== null) return;
    this.#connection = new MemorySubscriber();
    this.#seenCount = 0;
    this.isCaughtUp = false;
    this.#leave = hub.subscribe(TOPIC, this.#connection, this.cursor);
  }

  cut() {
    this.read();
    this.#leave();
    this.#connection = null;
    this.isCaughtUp = false;
  }

  /** Takes in what came since the last time. */
  read() {
    const events = this.#connection?.events.slice(this.#seenCount) ?? [];
    for (const event of events) this.#take(event, this.#seenCount++ === 0);
  }

  #take(event: LiveEvent, isFirst: boolean) {
    if (isFirst && event.type !== "state")
      this.problems.push(`${event.type} came before the state`);
    if (event.type === "state") {
      const { generation } = event.state;
      this.cursor ??= { generation, seq: 0 };
    }
    if (event.type === "reset") {
      this.cursor = { generation: event.generation, seq: 0 };
      this.parts.clear();
      this.isCaughtUp = false;
    }
    if (event.type === "caught-up") this.isCaughtUp = true;
    if (event.type === "delta" && event.text === this.#volatileOfThePast) {
      this.problems.push("a volatile event was replayed");
    }
    if (event.type !== "item") return;
    const last = this.cursor?.seq ?? 0;
    if (event.seq <= last) this.problems.push(`item ${event.seq} came after ${last}`);
    if (this.cursor !== null) this.cursor.seq = event.seq;
    this.parts.set(event.item.partId, event.seq);
  }

  /** Text of a volatile event that was published while this viewer was away. */
  #volatileOfThePast: string | null = null;
  missVolatile(text: string) {
    if (!this.isHere) this.#volatileOfThePast = text;
  }
}

const rest = async (ticks: number) => {
  for (let tick = 0; tick < ticks; tick += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** By the clock, not by turns: on a busy machine timers come late. */
const until = async (isTrue: () => boolean) => {
  const deadlineMs = performance.now() + 5_000;
  while (performance.now() < deadlineMs && !isTrue()) await rest(1);
};

test("any mix of writes, news, cuts and returns leaves no gap, no duplicate and no replay", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer({ min: 1, max: 4 }),
      delays,
      async (todo, pageSize, ticks) => {
        const session = new MemorySession();
        session.pageSize = pageSize;
        let readCount = 0;
        session.beforeRead = () => rest(ticks[readCount++ % ticks.length] ?? 0);
        const hub = createLiveHub({
          bus: session.bus,
          readState: session.readState,
          readItemsAfter: session.readItemsAfter,
          log,
          flushInterval: { minMs: 0, maxMs: 1 },
        });
        const viewers = [new CutViewer(), new CutViewer(), new CutViewer()];
        const untold = [];
        let volatileCount = 0;

        for (const step of todo) {
          for (const viewer of viewers) viewer.read();
          if (step.do === "commit") untold.push(session.commitItem(`part-${step.part}`));
          if (step.do === "commit-untold") {
            // The writer died before it told; whoever finds that out tells of the session.
            session.commitItem(`part-${step.part}`);
            untold.push(session.commitState());
          }
          if (step.do === "tell") untold.splice(0, 1).forEach((news) => session.tell(news));
          if (step.do === "generation") untold.push(session.commitGeneration());
          if (step.do === "cut") viewers[step.viewer]?.cut();
          if (step.do === "come") viewers[step.viewer]?.come(hub);
          if (step.do === "rest") await rest(step.ticks);
          if (step.do === "volatile") {
            const text = `volatile ${volatileCount++}`;
            for (const viewer of viewers) viewer.missVolatile(text);
            session.tellVolatile(makeDelta(0, text));
          }
        }
        for (const news of untold) session.tell(news);
        for (const viewer of viewers) viewer.come(hub);

        const expected = new Map(session.items.map(({ partId, seq }) => [partId, seq]));
        const isComplete = (viewer: CutViewer) => {
          viewer.read();
          return (
            viewer.isCaughtUp &&
            viewer.cursor?.generation === session.state.generation &&
            viewer.cursor.seq === session.lastSeq
          );
        };
        await until(() => viewers.every(isComplete));
        await rest(5);
        for (const viewer of viewers) {
          viewer.read();
          expect(viewer.problems).toEqual([]);
          expect(viewer.parts).toEqual(expected);
          expect(viewer.cursor).toEqual({
            generation: session.state.generation,
            seq: session.lastSeq,
          });
        }
        hub.close();
      },
    ),
    { numRuns: 1_000 },
  );
}, 60_000);
