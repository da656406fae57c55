import { describe, expect, test, vi } from "vitest";
import { log } from "#server/log.ts";
import { createLiveHub } from "./hub.ts";
import {
  makeDelta,
  MemorySession,
  MemorySubscriber,
  SESSION_ID,
  TOPIC,
} from "./testing/memory-session.ts";

function setUp() {
  const session = new MemorySession();
  const hub = createLiveHub({
    bus: session.bus,
    readState: session.readState,
    readItemsAfter: session.readItemsAfter,
    log,
    flushInterval: { minMs: 1, maxMs: 2 },
  });
  return { session, hub };
}

const untilCaughtUp = (viewer: MemorySubscriber) =>
  vi.waitFor(() => expect(viewer.types()).toContain("caught-up"), { interval: 1 });

describe("a session's topic", () => {
  test("begins with the state, then history, then caught-up, then what is new", async () => {
    const { session, hub } = setUp();
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
    const { session, hub } = setUp();
    for (let count = 0; count < 5; count += 1) session.commitItem();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, { generation: 1, seq: 3 });
    await untilCaughtUp(viewer);
    expect(viewer.itemSeqs()).toEqual([4, 5]);
  });

  test("resets a cursor of another generation and one from the future", async () => {
    const { session, hub } = setUp();
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
    const { session, hub } = setUp();
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
    const { session, hub } = setUp();
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
      const { session, hub } = setUp();
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
    const { session, hub } = setUp();
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
    const { session, hub } = setUp();
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
    const { session, hub } = setUp();
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

  test("holds one page for a viewer who does not read", async () => {
    const { session, hub } = setUp();
    session.pageSize = 10;
    for (let count = 0; count < 1_000; count += 1) session.commitItem();
    const viewer = new MemorySubscriber();
    viewer.isStuck = true;
    hub.subscribe(TOPIC, viewer, null);
    await vi.waitFor(() => expect(viewer.itemSeqs()).toHaveLength(10));
    expect(session.itemReadCount).toBe(1);
    for (let pages = 2; pages <= 100; pages += 1) {
      viewer.drain();
      await vi.waitFor(() => expect(viewer.itemSeqs()).toHaveLength(pages * 10), { interval: 1 });
    }
    expect(viewer.maxBuffered).toBeLessThan(10_000);
    expect(viewer.itemSeqs()).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  test("takes volatile events from a full buffer first, then ends it with resume", async () => {
    const { session, hub } = setUp();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    viewer.buffered = 2 * 1024 * 1024;
    const other = new MemorySubscriber();
    hub.subscribe(TOPIC, other, null);
    await untilCaughtUp(other);

    session.tellVolatile(makeDelta(0, "lost"));
    await vi.waitFor(() => expect(other.types()).toContain("delta"));
    expect(viewer.types()).not.toContain("delta");
    expect(viewer.error).toBeNull();

    session.tell(session.commitItem());
    await vi.waitFor(() => expect(viewer.error?.code).toBe("resume"));
    expect(viewer.error?.topic).toBeNull();
    expect(viewer.itemSeqs()).toEqual([]);
    await vi.waitFor(() => expect(other.itemSeqs()).toEqual([1]));
  });

  test("drops an older state and sends only the newest of several", async () => {
    const { session, hub } = setUp();
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

  test("says gone when the session is deleted", async () => {
    const { session, hub } = setUp();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    const news = session.commitState();
    session.exists = false;
    session.tell(news);
    await vi.waitFor(() => expect(viewer.error).toMatchObject({ code: "gone", topic: TOPIC }));
    expect(hub.topicCount()).toBe(0);
  });

  test("reads everything again when the bus had lost its connection", async () => {
    const { session, hub } = setUp();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    session.commitItem();
    session.commitState({ title: "missed" });
    session.reconnect();
    await vi.waitFor(() => {
      expect(viewer.itemSeqs()).toEqual([1]);
      expect(viewer.events).toContainEqual(expect.objectContaining({ type: "state", lastSeq: 1 }));
    });
  });

  test("nobody watches while the bus is lost, and whoever comes back lacks nothing", async () => {
    const { session, hub } = setUp();
    const [viewer, lister] = [new MemorySubscriber(), new MemorySubscriber()];
    hub.subscribe(TOPIC, viewer, null);
    hub.subscribe("sessions:team", lister, null);
    await untilCaughtUp(viewer);
    session.loseBus();
    for (const { error } of [viewer, lister])
      expect(error).toMatchObject({ code: "resume", topic: null });
    const early = new MemorySubscriber();
    hub.subscribe(TOPIC, early, { generation: 1, seq: 0 });
    expect(early.error).toMatchObject({ code: "unavailable", topic: null });
    expect([early.events, hub.topicCount()]).toEqual([[], 0]);

    session.commitItem();
    session.reconnect();
    const back = new MemorySubscriber();
    hub.subscribe(TOPIC, back, { generation: 1, seq: 0 });
    await untilCaughtUp(back);
    expect(back.itemSeqs()).toEqual([1]);
  });

  test("sends items whose writer died before it told of them, once the session is told of", async () => {
    const { session, hub } = setUp();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    session.commitItem();
    session.tell({ kind: "state", sessionId: SESSION_ID, teamId: "team" });
    await vi.waitFor(() => expect(viewer.itemSeqs()).toEqual([1]));
    expect(viewer.types()).toEqual(["state", "caught-up", "item"]);
  });

  test("tries again when rows cannot be read, and sends what was missed", async () => {
    const { session, hub } = setUp();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    session.beforeRead = () => Promise.reject(new Error("database gone"));
    session.tell(session.commitItem());
    await vi.waitFor(() => expect(session.itemReadCount).toBe(2));
    session.beforeRead = async () => {};
    await vi.waitFor(() => expect(viewer.itemSeqs()).toEqual([1]), { timeout: 3_000 });
    expect(viewer.error).toBeNull();
  });

  test("is forgotten when its last viewer leaves", async () => {
    const { hub } = setUp();
    const leave = [new MemorySubscriber(), new MemorySubscriber()].map((viewer) =>
      hub.subscribe(TOPIC, viewer, null),
    );
    leave[0]?.();
    expect(hub.topicCount()).toBe(1);
    leave[1]?.();
    expect(hub.topicCount()).toBe(0);
  });
});
