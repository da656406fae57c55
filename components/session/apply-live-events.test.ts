import { describe, expect, test } from "vitest";
import type { LiveEvent } from "#lib/live-protocol.ts";
import type { SessionState } from "#lib/session-state.ts";
import { applyLiveEvents } from "./apply-live-events.ts";
import { withEarlierPage } from "./loaded-window.ts";
import {
  delta,
  itemEvent,
  message,
  order,
  preparation,
  preparing,
  sessionState,
  textIn,
  textPart,
  transcriptPage,
  viewOf,
  wireItem,
} from "./testing/live-events.ts";

describe("deltas", () => {
  test("append exactly where the text ends and nowhere else", () => {
    const view = viewOf(
      textPart("prt_1", 1, "one "),
      delta(4, "two "),
      delta(4, "two "),
      delta(99, "lost"),
      delta(8, "three"),
    );
    expect(textIn(view)).toBe("one two three");
  });

  test("begin a part that has no durable write yet, at offset 0 only", () => {
    expect(textIn(viewOf(delta(0, "Hel"), delta(3, "lo")))).toBe("Hello");
    expect(viewOf(delta(3, "lo")).messages).toEqual([]);
  });

  test("never move the cursor", () => {
    expect(
      viewOf(message("msg_1", 3), delta(0, "text"), preparing("clone", "running")).cursor.seq,
    ).toBe(3);
  });

  test("stay on screen when a durable write from before them arrives", () => {
    expect(textIn(viewOf(delta(0, "one two"), textPart("prt_1", 2, "one")))).toBe("one two");
  });

  test("give way to another text, to a finished part, and to a synthetic one", () => {
    expect(textIn(viewOf(delta(0, "one two"), textPart("prt_1", 2, "uno")))).toBe("uno");
    expect(
      textIn(viewOf(delta(0, "one two"), textPart("prt_1", 2, { text: "one", time: { end: 5 } }))),
    ).toBe("one");
    expect(
      textIn(viewOf(delta(0, "one"), textPart("prt_1", 2, { text: "", synthetic: true }))),
    ).toBe("");
  });

  test("are not erased by an empty text (rule 46), nor by a body without one", () => {
    expect(textIn(viewOf(delta(0, "streamed"), textPart("prt_1", 2, "")))).toBe("streamed");
    expect(
      textIn(viewOf(delta(0, "streamed"), itemEvent(wireItem({ partId: "prt_1", seq: 2 })))),
    ).toBe("streamed");
  });

  test("give way to durable text when the turn has ended", () => {
    const idle: LiveEvent = {
      type: "state",
      lastSeq: 2,
      state: sessionState({ revision: 2, status: "idle" }),
    };
    expect(textIn(viewOf(delta(0, "one two"), textPart("prt_1", 2, "one"), idle))).toBe("one");
  });
});

describe("state", () => {
  const stateEvent = (change: Partial<SessionState>): LiveEvent => ({
    type: "state",
    lastSeq: 0,
    state: sessionState(change),
  });

  test("of a smaller revision or generation is ignored", () => {
    const view = viewOf(
      stateEvent({ revision: 7, title: "new" }),
      stateEvent({ revision: 6, title: "old" }),
    );
    expect(view.state.title).toBe("new");
    expect(applyLiveEvents(view, [stateEvent({ generation: 0, revision: 99 })]).state.title).toBe(
      "new",
    );
  });

  test("keeps the newer preparation when an event was faster than the row", () => {
    const view = viewOf(
      preparing("clone", "running", { revision: 5 }),
      stateEvent({ revision: 2, preparation: preparation({ revision: 4 }) }),
    );
    expect(view.state.preparation).toMatchObject({ revision: 5, status: "running" });
  });
});

describe("preparing events", () => {
  const failed = preparation({ attempt: 2, revision: 10, status: "failed" });
  const start = () =>
    viewOf({
      type: "state",
      lastSeq: 0,
      state: sessionState({ revision: 2, preparation: failed }),
    });

  test("of earlier attempts, older revisions, other generations or ended attempts change nothing", () => {
    const view = start();
    const ignored = [
      preparing("clone", "running", { attempt: 1, revision: 99 }),
      preparing("clone", "running", { attempt: 2, revision: 10 }),
      preparing("clone", "running", { attempt: 2, revision: 11 }),
      preparing("clone", "running", { attempt: 3, revision: 12, generation: 2 }),
    ];
    expect(applyLiveEvents(view, ignored)).toBe(view);
  });

  test("of a session that is ready never lock it again (rule 43)", () => {
    const ready = preparation({ revision: 9, status: "ready" });
    const view = viewOf({
      type: "state",
      lastSeq: 0,
      state: sessionState({ revision: 2, preparation: ready }),
    });
    expect(applyLiveEvents(view, [preparing("prompt", "running", { revision: 10 })])).toBe(view);
  });

  test("of the next attempt begin at their step and keep what was done", () => {
    const done = preparing("disk_check", "done", { attempt: 1, revision: 2 });
    const view = viewOf(done, preparing("clone", "running", { attempt: 2, revision: 3 }));
    expect(view.state.preparation?.attempt).toBe(2);
    expect(view.state.preparation?.steps.map(({ status }) => status).slice(0, 3)).toEqual([
      "done",
      "running",
      "pending",
    ]);
  });

  test("of a step that not every session has add it at its place", () => {
    const view = viewOf(
      preparing("restore", "pending", { attempt: 1, revision: 2 }),
      preparing("lfs", "running", { attempt: 1, revision: 3 }),
    );
    const names = view.state.preparation?.steps.map(({ step }) => step);
    expect(names?.slice(2, 6)).toEqual(["branch", "lfs", "setup", "restore"]);
  });
});

describe("history", () => {
  test("a reset forgets everything, also of this generation; one of an earlier generation nothing", () => {
    const view = viewOf(message("msg_1", 5));
    expect(applyLiveEvents(view, [{ type: "reset", generation: 0 }])).toBe(view);
    expect(applyLiveEvents(view, [{ type: "reset", generation: 1 }])).toMatchObject({
      messages: [],
      cursor: { generation: 1, seq: 0 },
    });
    const fresh = applyLiveEvents(view, [{ type: "reset", generation: 2 }]);
    expect(fresh).toMatchObject({ messages: [], cursor: { generation: 2, seq: 0 } });
    expect(fresh.state.title).toBe("Add a health check");
  });

  test("caught up moves the cursor of its generation, never back", () => {
    const view = viewOf(message("msg_1", 5), { type: "caught-up", generation: 1, seq: 9 });
    expect(view.cursor.seq).toBe(9);
    expect(applyLiveEvents(view, [{ type: "caught-up", generation: 1, seq: 3 }])).toBe(view);
    expect(applyLiveEvents(view, [{ type: "caught-up", generation: 2, seq: 30 }])).toBe(view);
  });

  test("an earlier page goes before what is there and leaves the cursor alone", () => {
    const view = viewOf(message("msg_2", 5, 500));
    const page = transcriptPage({
      items: [message("msg_1", 1, 100).item],
      cursor: { generation: 1, seq: 2 },
      before: "x",
    });
    const next = withEarlierPage(view, page);
    expect(order(next)).toEqual(["msg_1", "msg_2"]);
    expect(next).toMatchObject({ cursor: { seq: 5 }, before: "x" });
  });
});
