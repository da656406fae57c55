import { describe, expect, test } from "vitest";
import type { LiveEvent } from "#lib/live-protocol.ts";
import { TopicFollower } from "./topic-follower.ts";

const state = (generation: number, revision: number, lastSeq = 0) =>
  ({ type: "state", lastSeq, state: { generation, revision } }) as LiveEvent;
const item = (seq: number) => ({ type: "item", seq, item: {} }) as LiveEvent;
const delta = { type: "delta", offset: 0, text: "" } as LiveEvent;

describe("a follower of a topic", () => {
  test("lets an item through once and in order", () => {
    const follower = new TopicFollower(null);
    const news = follower.take([state(1, 1), item(1), item(3), item(3), item(2), item(4)]);
    expect(news.flatMap((event) => (event.type === "item" ? event.seq : []))).toEqual([1, 3, 4]);
    expect(follower.cursor).toEqual({ generation: 1, seq: 4 });
  });

  test("moves its cursor for items only", () => {
    const follower = new TopicFollower({ generation: 1, seq: 5 });
    const others: LiveEvent[] = [
      state(1, 1, 9),
      delta,
      { type: "caught-up", generation: 1, seq: 9 },
    ];
    expect(follower.take(others)).toEqual(others);
    expect(follower.cursor).toEqual({ generation: 1, seq: 5 });
  });

  test("begins anew after a reset", () => {
    const follower = new TopicFollower({ generation: 1, seq: 5 });
    follower.take([state(2, 9), { type: "reset", generation: 2 }, item(1)]);
    expect(follower.cursor).toEqual({ generation: 2, seq: 1 });
  });

  test("drops a state that is older than the last one", () => {
    const follower = new TopicFollower(null);
    expect(
      follower.take([state(2, 5), state(2, 4), state(1, 9), state(2, 5), state(2, 6)]),
    ).toEqual([state(2, 5), state(2, 5), state(2, 6)]);
  });

  test("knows how far behind it is until it has caught up, again after each connection", () => {
    const follower = new TopicFollower(null);
    follower.take([state(1, 1, 10), item(4)]);
    expect(follower.behind).toBe(6);
    follower.take([{ type: "caught-up", generation: 1, seq: 4 }]);
    expect(follower.behind).toBe(0);
    follower.connect();
    expect(follower.isCaughtUp).toBe(false);
  });
});
