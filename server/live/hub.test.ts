import { describe, expect, test, vi } from "vitest";
import { MemorySubscriber, TOPIC } from "./testing/memory-session.ts";
import { setUpHub, untilCaughtUp } from "./testing/set-up-hub.ts";

describe("a session's topic", () => {
  test("begins with the state, then history, then caught-up, then what is new", async () => {
    const { session, hub } = setUpHub();
    session.commitItem();
    session.commitItem();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    session.tell(session.commitItem());
    await vi.waitFor(() => expect(viewer.itemSeqs()).toEqual([1, 2, 3]));
    expect(viewer.types()).toEqual(["state", "item", "item", "caught-up", "item"]);
  });

  test("goes on from a cursor", async () => {
    const { session, hub } = setUpHub();
    for (let count = 0; count < 5; count += 1) session.commitItem();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, { generation: 1, seq: 3 });
    await untilCaughtUp(viewer);
    expect(viewer.itemSeqs()).toEqual([4, 5]);
  });

  test("resets a cursor of another generation and one from the future", async () => {
    const { session, hub } = setUpHub();
    session.commitItem();
    for (const cursor of [
      { generation: 7, seq: 1 },
      { generation: 1, seq: 99 },
    ]) {
      const viewer = new MemorySubscriber();
      hub.subscribe(TOPIC, viewer, cursor);
      await untilCaughtUp(viewer);
      expect(viewer.types()).toEqual(["state", "reset", "item", "caught-up"]);
    }
  });

  test("tells of the next generation with a reset and its own history", async () => {
    const { session, hub } = setUpHub();
    session.commitItem();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    session.commitGeneration();
    session.tell(session.commitItem());
    await vi.waitFor(() =>
      expect(viewer.types().slice(3)).toEqual(["state", "reset", "item", "caught-up"]),
    );
  });

  test("says where a message belongs right before the message", async () => {
    const { session, hub } = setUpHub();
    session.commitItem();
    session.commitItem();
    session.items = session.items.map((item) =>
      item.seq === 2 ? { ...item, type: "message", messageId: "late", partId: "" } : item,
    );
    session.moved = [{ messageId: "late", sortKey: "0" }];
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    expect(viewer.types()).toEqual(["state", "item", "moved", "item", "caught-up"]);
    const late = new MemorySubscriber();
    hub.subscribe(TOPIC, late, { generation: 1, seq: 2 });
    await untilCaughtUp(late);
    expect(late.types()).toEqual(["state", "caught-up"]);
  });

  test("misses nothing that is committed before, while or after the viewer comes", async () => {
    for (const moment of ["before", "while", "after"]) {
      const { session, hub } = setUpHub();
      let news = null;
      if (moment === "before") news = session.commitItem();
      session.beforeRead = async () => {
        if (moment === "while" && session.stateReadCount > 0 && session.itemReadCount === 1) {
          news ??= session.commitItem();
          session.tell(news);
        }
      };
      const viewer = new MemorySubscriber();
      hub.subscribe(TOPIC, viewer, null);
      if (moment === "before" && news !== null) session.tell(news);
      await untilCaughtUp(viewer);
      if (moment === "after") session.tell(session.commitItem());
      await vi.waitFor(() => expect(viewer.itemSeqs(), moment).toEqual([1]));
    }
  });

  test("reads rows once for a thousand viewers, who share one frame", async () => {
    const { session, hub } = setUpHub();
    session.commitItem();
    const viewers = Array.from({ length: 1_000 }, () => new MemorySubscriber());
    for (const viewer of viewers) hub.subscribe(TOPIC, viewer, null);
    await Promise.all(viewers.map(untilCaughtUp));
    expect(session.stateReadCount).toBe(1);
    expect(session.itemReadCount).toBeLessThanOrEqual(2);

    const readsBefore = session.itemReadCount;
    session.tell(session.commitItem());
    await vi.waitFor(() =>
      expect(viewers.every((viewer) => viewer.itemSeqs().includes(2))).toBe(true),
    );
    expect(session.itemReadCount).toBe(readsBefore + 1);
    expect(new Set(viewers.map((viewer) => viewer.frames.at(-1)?.webSocketFrame)).size).toBe(1);
  });

  test("does not share a page that began before the last item was sent", async () => {
    const { session, hub } = setUpHub();
    const [live, early, late] = [
      new MemorySubscriber(),
      new MemorySubscriber(),
      new MemorySubscriber(),
    ];
    hub.subscribe(TOPIC, live, null);
    await untilCaughtUp(live);

    let finishEarlyPage = () => {};
    session.beforeRead = () => new Promise((resolve) => (finishEarlyPage = resolve));
    hub.subscribe(TOPIC, early, null);
    await vi.waitFor(() => expect(session.itemReadCount).toBe(2), { interval: 1 });
    session.beforeRead = async () => {};
    session.tell(session.commitItem());
    await vi.waitFor(() => expect(live.itemSeqs()).toEqual([1]), { interval: 1 });
    hub.subscribe(TOPIC, late, null);
    await untilCaughtUp(late);
    finishEarlyPage();
    await untilCaughtUp(early);
    expect([early.itemSeqs(), late.itemSeqs()]).toEqual([[1], [1]]);
  });

  test("answers news that comes together with one reading and one frame", async () => {
    const { session, hub } = setUpHub();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    const readsBefore = session.itemReadCount;
    const news = Array.from({ length: 50 }, () => session.commitItem());
    for (const message of news) session.tell(message);
    await vi.waitFor(() => expect(viewer.itemSeqs()).toHaveLength(50));
    expect(session.itemReadCount - readsBefore).toBe(1);
    expect(viewer.frames.at(-1)?.events).toHaveLength(50);
  });

  test("drops an older state and sends only the newest of several", async () => {
    const { session, hub } = setUpHub();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    const news = session.commitState({ title: "first" });
    session.commitState({ title: "second" });
    session.tell(news);
    session.tell(news);
    await vi.waitFor(() => expect(viewer.types().at(-1)).toBe("state"));
    session.state = { ...session.state, revision: 1, title: "old" };
    session.tell(news);
    session.tell(session.commitItem());
    await vi.waitFor(() => expect(viewer.types().at(-1)).toBe("item"));
    const titles = viewer.events.flatMap((event) =>
      event.type === "state" ? event.state.title : [],
    );
    expect(titles).toEqual(["A session", "second"]);
  });

  test("is forgotten when its last viewer leaves", async () => {
    const { hub } = setUpHub();
    const leave = [new MemorySubscriber(), new MemorySubscriber()].map((viewer) =>
      hub.subscribe(TOPIC, viewer, null),
    );
    leave[0]?.();
    expect(hub.topicCount()).toBe(1);
    leave[1]?.();
    expect(hub.topicCount()).toBe(0);
  });
});
