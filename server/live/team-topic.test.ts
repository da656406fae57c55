import { expect, test, vi } from "vitest";
import { log } from "#server/log.ts";
import { createLiveHub } from "./hub.ts";
import { MemorySession, MemorySubscriber, SESSION_ID } from "./testing/memory-session.ts";

test("a team's topic collects changed sessions, names them, and keeps the rest to itself", async () => {
  const session = new MemorySession();
  const { bus, readState, readItemsAfter } = session;
  const hub = createLiveHub({ bus, readState, readItemsAfter, log });
  const viewer = new MemorySubscriber();
  hub.subscribe("sessions:team", viewer, null);
  const other = new MemorySubscriber();
  hub.subscribe("sessions:other", other, null);
  session.tell(session.commitState({ title: "one" }));
  session.tell(session.commitState({ title: "two" }));
  session.tell(session.commitItem());
  await vi.waitFor(() => expect(viewer.types()).toEqual(["caught-up", "session-changed"]));
  expect(viewer.events[1]).toMatchObject({
    sessionId: SESSION_ID,
    title: "two",
    status: "working",
  });
  expect(session.stateReadCount).toBe(1);
  expect(other.types()).toEqual(["caught-up"]);
  session.exists = false;
  session.tell(session.commitState());
  await vi.waitFor(() => expect(viewer.events[2]).toMatchObject({ status: "deleted", title: "" }));
});
