import { describe, expect, test } from "vitest";
import type {
  DeltaEvent,
  ItemEvent,
  LiveEvent,
  PreparingEvent,
  WireItem,
} from "#lib/live-protocol.ts";
import {
  pendingSteps,
  type PreparationState,
  type PreparationStep,
  type StepStatus,
} from "#lib/preparation.ts";
import type { SessionState } from "#lib/session-state.ts";
import { applyLiveEvents, createSessionView, withEarlierPage } from "./apply-live-events.ts";
import { textOf, type SessionView } from "./session-view.ts";

const sessionId = "ses_000000000000AAAAAAAAAAAAAA";

function sessionState(change: Partial<SessionState> = {}): SessionState {
  return {
    sessionId,
    generation: 1,
    revision: 1,
    status: "working",
    title: "Add a health check",
    repository: "owner/name",
    baseBranch: null,
    workBranch: null,
    agentId: "built-in",
    agentVersion: null,
    model: null,
    createdAt: "2026-11-20T12:00:00.000Z",
    readyAt: null,
    turnStartedAt: null,
    turnEndedAt: null,
    message: null,
    slotPosition: null,
    costUsd: null,
    tokens: null,
    skippedItemCount: 0,
    preparation: null,
    prompts: [],
    ...change,
  };
}

function preparation(change: Partial<PreparationState> = {}): PreparationState {
  return { attempt: 1, revision: 1, status: "running", steps: pendingSteps(), ...change };
}

function preparing(
  step: PreparationStep,
  status: StepStatus,
  change: Partial<PreparingEvent> = {},
): PreparingEvent {
  const base = pendingSteps().find((state) => state.step === step);
  if (!base) throw new Error(step);
  return {
    type: "preparing",
    generation: 1,
    attempt: 1,
    revision: 2,
    step: { ...base, status },
    ...change,
  };
}

function wireItem(change: Partial<WireItem>): WireItem {
  return {
    type: "part",
    messageId: "msg_1",
    partId: "",
    firstSeq: 1,
    seq: 1,
    body: "{}",
    byteSize: 2,
    preview: null,
    deleted: false,
    ...change,
  };
}

const itemEvent = (item: WireItem): ItemEvent => ({ type: "item", seq: item.seq, item });

function message(messageId: string, seq: number, createdMs = seq): ItemEvent {
  const body = JSON.stringify({ id: messageId, role: "assistant", time: { created: createdMs } });
  return itemEvent(wireItem({ type: "message", messageId, firstSeq: seq, seq, body }));
}

function textPart(partId: string, seq: number, data: string | object): ItemEvent {
  const text = typeof data === "string" ? { text: data } : data;
  const body = JSON.stringify({ type: "text", ...text });
  return itemEvent(wireItem({ partId, firstSeq: seq, seq, body }));
}

function delta(offset: number, text: string, partId = "prt_1"): DeltaEvent {
  return { type: "delta", messageId: "msg_1", partId, partType: "text", offset, text };
}

function viewOf(...events: LiveEvent[]): SessionView {
  const page = { items: [], cursor: { generation: 1, seq: 0 }, before: null };
  return applyLiveEvents(createSessionView(sessionState(), page), events);
}

const order = (view: SessionView) => view.messages.map(({ messageId }) => messageId);
const textIn = (view: SessionView, index = 0) => {
  const part = view.messages[0]?.parts[index];
  return part ? textOf(part) : undefined;
};

describe("items", () => {
  test("replace what they were before and ignore what is older, whatever the order of arrival", () => {
    const view = viewOf(textPart("prt_1", 5, "new"), textPart("prt_1", 3, "old"));
    expect(textIn(view)).toBe("new");
    expect(view.cursor).toEqual({ generation: 1, seq: 5 });
  });

  test("that came before change nothing, not even the object", () => {
    const view = viewOf(message("msg_1", 1), textPart("prt_1", 2, "hello"));
    expect(applyLiveEvents(view, [message("msg_1", 1), textPart("prt_1", 2, "hello")])).toBe(view);
  });

  test("leave untouched messages and parts the same objects, so that they are not drawn again", () => {
    const before = viewOf(
      message("msg_1", 1),
      textPart("prt_1", 2, "a"),
      textPart("prt_2", 3, "b"),
      message("msg_2", 4),
    );
    const after = applyLiveEvents(before, [textPart("prt_2", 5, "bb")]);
    expect(after.messages[1]).toBe(before.messages[1]);
    expect(after.messages[0]?.parts[0]).toBe(before.messages[0]?.parts[0]);
    expect(after.messages[0]?.parts[1]).not.toBe(before.messages[0]?.parts[1]);
  });

  test("stand in the order of messages by time and parts by id", () => {
    const view = viewOf(
      message("msg_b", 1, 200),
      message("msg_a", 2, 100),
      message("msg_c", 3, 150),
    );
    expect(order(view)).toEqual(["msg_a", "msg_c", "msg_b"]);
    const parts = viewOf(
      textPart("prt_2", 1, "b"),
      textPart("prt_3", 2, "c"),
      textPart("prt_1", 3, "a"),
    );
    expect(parts.messages[0]?.parts.map(({ partId }) => partId)).toEqual([
      "prt_1",
      "prt_2",
      "prt_3",
    ]);
  });

  test("of a message that has not come wait at the end and move once it has", () => {
    const part = itemEvent(wireItem({ messageId: "msg_0", partId: "prt_1", firstSeq: 9, seq: 9 }));
    const waiting = viewOf(message("msg_1", 1, 100), part, message("msg_2", 10, 200));
    expect(order(waiting)).toEqual(["msg_1", "msg_2", "msg_0"]);
    expect(order(applyLiveEvents(waiting, [message("msg_0", 11, 50)]))).toEqual([
      "msg_0",
      "msg_1",
      "msg_2",
    ]);
    const moved: LiveEvent = { type: "moved", messageId: "msg_0", sortKey: "0000000000000150" };
    expect(order(applyLiveEvents(waiting, [moved]))).toEqual(["msg_1", "msg_0", "msg_2"]);
  });

  test("of the same millisecond stand in the order of their first positions, even if one was streamed first", () => {
    const prompt = message("msg_p", 1, 100);
    const view = viewOf(
      delta(0, "Streamed"),
      prompt,
      message("msg_1", 3, 100),
      textPart("prt_1", 4, "Streamed"),
    );
    expect(order(view)).toEqual(["msg_p", "msg_1"]);
  });

  test("a later update of a message never moves it", () => {
    const view = viewOf(
      message("msg_1", 1, 100),
      message("msg_2", 2, 200),
      message("msg_1", 3, 300),
    );
    expect(order(view)).toEqual(["msg_1", "msg_2"]);
  });

  test("that were deleted stay as a mark without content", () => {
    const gone = itemEvent(wireItem({ type: "message", seq: 4, body: null, deleted: true }));
    const view = viewOf(message("msg_1", 1), textPart("prt_1", 2, "hello"), gone);
    expect(view.messages[0]).toMatchObject({ deleted: true, parts: [] });
    expect(applyLiveEvents(view, [delta(0, "late")])).toBe(view);
  });

  test("that are no JSON, cut, or of unknown types are kept and break nothing", () => {
    const view = viewOf(
      itemEvent(wireItem({ partId: "prt_1", seq: 1, body: "not json" })),
      itemEvent(
        wireItem({ partId: "prt_2", seq: 2, body: null, preview: '{"type":"tool","tool":"ba' }),
      ),
      itemEvent(wireItem({ type: "novelty", messageId: "", seq: 3 })),
      itemEvent(wireItem({ type: "session_diff", messageId: "", seq: 4, body: "[]" })),
    );
    expect(view.messages[0]?.parts.map(({ kind }) => kind)).toEqual(["", "tool"]);
    expect(view.others.map(({ type }) => type)).toEqual(["novelty"]);
    expect(view.cursor.seq).toBe(4);
  });
});

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
    const page = {
      items: [message("msg_1", 1, 100).item],
      cursor: { generation: 1, seq: 2 },
      before: "x",
    };
    const next = withEarlierPage(view, page);
    expect(order(next)).toEqual(["msg_1", "msg_2"]);
    expect(next).toMatchObject({ cursor: { seq: 5 }, before: "x" });
  });
});
