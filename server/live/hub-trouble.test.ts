import { describe, expect, test, vi } from "vitest";
import { makeDelta, MemorySubscriber, SESSION_ID, TOPIC } from "./testing/memory-session.ts";
import { setUpHub, untilCaughtUp } from "./testing/set-up-hub.ts";

describe("a session's topic in trouble", () => {
  test("holds one page for a viewer who does not read", async () => {
    const { session, hub } = setUpHub();
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
    const { session, hub } = setUpHub();
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

  test("says gone when the session is deleted", async () => {
    const { session, hub } = setUpHub();
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
    const { session, hub } = setUpHub();
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
    const { session, hub } = setUpHub();
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
    const { session, hub } = setUpHub();
    const viewer = new MemorySubscriber();
    hub.subscribe(TOPIC, viewer, null);
    await untilCaughtUp(viewer);
    session.commitItem();
    session.tell({ kind: "state", sessionId: SESSION_ID, teamId: "team" });
    await vi.waitFor(() => expect(viewer.itemSeqs()).toEqual([1]));
    expect(viewer.types()).toEqual(["state", "caught-up", "item"]);
  });

  test("tries again when rows cannot be read, and sends what was missed", async () => {
    const { session, hub } = setUpHub();
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
});
