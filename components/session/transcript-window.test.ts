import { createStore } from "jotai";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import type { TranscriptPage, WindowQuery } from "#lib/transcript.ts";
import type { TranscriptSource } from "#components/transcript/transcript-source.ts";
import { createSessionView } from "./loaded-window.ts";
import {
  readingModeAtom,
  sessionViewAtom,
  unseenCountAtom,
  windowLoadsAtom,
} from "./session-atoms.ts";
import type { SessionView } from "./session-view.ts";
import { message, order, sessionState, textPart, transcriptPage } from "./testing/live-events.ts";
import { TranscriptWindow } from "./transcript-window.ts";

beforeEach(() => void vi.stubGlobal("scrollY", 0));
afterEach(() => void vi.unstubAllGlobals());

const page = (ids: readonly number[], change: Partial<TranscriptPage> = {}) =>
  transcriptPage({
    items: ids.map((id) => message(`msg_${id}`, id * 10).item),
    cursor: { generation: 1, seq: 100 },
    ...change,
  });

/** Message 5 of a longer session; what is asked for is answered by the test, in any order. */
function openWindow() {
  const store = createStore();
  const first = page([5], { before: "msg_5", after: "msg_5" });
  store.set(sessionViewAtom, createSessionView(sessionState(), first));
  const asked: WindowQuery[] = [];
  const answers: ReturnType<typeof createDeferred<TranscriptPage>>[] = [];
  const source = {
    readWindow(query: WindowQuery) {
      asked.push(query);
      const answer = createDeferred<TranscriptPage>();
      answers.push(answer);
      return answer.promise;
    },
  } as unknown as TranscriptSource;
  const window = new TranscriptWindow(store, source);
  return {
    store,
    window,
    asked,
    answer: (index: number, found: TranscriptPage) => answers[index]?.resolve(found),
    fail: (index: number) => answers[index]?.reject(new Error("The server is away")),
    shown: () => order(store.get(sessionViewAtom)),
    loads: () => store.get(windowLoadsAtom),
  };
}

const keepAll = (view: SessionView) => view;

describe("the page next to what is loaded", () => {
  test("joins it and is not new to the reader; what is far on the other side goes", async () => {
    const { window, store, answer, shown, loads } = openWindow();
    const extended = window.extend("after", (view) => ({
      ...view,
      messages: view.messages.slice(1),
      before: "msg_6",
    }));
    expect(loads().after).toBe("loading");
    answer(0, page([6, 7]));
    await extended;
    expect(shown()).toEqual(["msg_6", "msg_7"]);
    expect(store.get(sessionViewAtom)).toMatchObject({ before: "msg_6", after: null });
    expect(store.get(unseenCountAtom)).toBe(1);
    expect(loads().after).toBe("idle");
  });

  test("is asked for once, is small where nobody has scrolled, and only where there is more", async () => {
    const { window, asked, answer } = openWindow();
    const extended = window.extend("before", keepAll);
    await window.extend("before", keepAll);
    answer(0, page([4]));
    await extended;
    await window.extend("before", keepAll);
    expect(asked).toEqual([{ before: "msg_5", isFirst: true, only: undefined }]);
    vi.stubGlobal("scrollY", 300);
    void window.extend("after", keepAll);
    expect(asked[1]).toEqual({ after: "msg_5", isFirst: false, only: undefined });
  });

  test("is tried again after it failed", async () => {
    const { window, answer, fail, shown, loads } = openWindow();
    const failed = window.extend("before", keepAll);
    fail(0);
    await failed;
    expect(loads().before).toBe("failed");
    expect(shown()).toEqual(["msg_5"]);
    const again = window.extend("before", keepAll);
    answer(1, page([4]));
    await again;
    expect(loads().before).toBe("idle");
    expect(shown()).toEqual(["msg_4", "msg_5"]);
  });

  test("holds answers alone where the reader wants nothing else", () => {
    const { window, store, asked } = openWindow();
    store.set(readingModeAtom, "answers");
    void window.extend("before", keepAll);
    void window.open("end");
    expect(asked.map(({ only }) => only)).toEqual(["answers", "answers"]);
  });
});

describe("a window elsewhere", () => {
  test("takes the place of what is loaded and tells where it is", async () => {
    const { window, answer, shown } = openWindow();
    const opened = window.open("prt_9");
    answer(0, page([9], { around: "msg_9/prt_9" }));
    expect(await opened).toBe("msg_9/prt_9");
    expect(shown()).toEqual(["msg_9"]);
  });

  test("makes a page of the old one worthless, whichever comes first", async () => {
    for (const first of [0, 1]) {
      const { window, answer, shown, loads } = openWindow();
      const pages = [page([4]), page([9])];
      const extended = window.extend("before", keepAll);
      const opened = window.open("msg_9");
      answer(first, pages[first]!);
      await (first === 0 ? extended : opened);
      answer(1 - first, pages[1 - first]!);
      await Promise.all([extended, opened]);
      expect(shown()).toEqual(["msg_9"]);
      expect(loads()).toEqual({ before: "idle", after: "idle", around: "idle" });
    }
  });

  test("is given up for a later one, and its failure says nothing then", async () => {
    const { window, answer, fail, shown, loads } = openWindow();
    const opened = [window.open("msg_8"), window.open("msg_9")];
    fail(0);
    answer(1, page([9], { around: "msg_9" }));
    expect(await Promise.all(opened)).toEqual([null, "msg_9"]);
    expect(shown()).toEqual(["msg_9"]);
    expect(loads().around).toBe("idle");
  });

  test("that could not be read leaves everything as it was", async () => {
    const { window, fail, shown, loads } = openWindow();
    const opened = window.open("msg_9");
    fail(0);
    expect(await opened).toBeNull();
    expect(loads().around).toBe("failed");
    expect(shown()).toEqual(["msg_5"]);
  });
});

describe("what is live while a page is on its way", () => {
  test("is on the page that was read before it came", async () => {
    const { window, store, answer } = openWindow();
    const opened = window.open("end");
    window.take([message("msg_9", 101), { ...textPart("prt_1", 102, "new") }]);
    answer(0, page([1, 8], { cursor: { generation: 1, seq: 100 } }));
    await opened;
    const view = store.get(sessionViewAtom);
    expect(order(view)).toEqual(["msg_1", "msg_8", "msg_9"]);
    expect(view.messages[0]?.parts).toHaveLength(1);
    expect(view.cursor.seq).toBe(102);
  });

  test("is counted once where it lies outside of both", async () => {
    const { window, store, answer } = openWindow();
    const extended = window.extend("before", keepAll);
    window.take([message("msg_9", 101)]);
    answer(0, page([4]));
    await extended;
    expect(store.get(sessionViewAtom).beyondCount).toBe(1);
  });

  test("is not kept without end: the page has failed then", async () => {
    const { window, answer, loads } = openWindow();
    const opened = window.open("end");
    const events = Array.from({ length: 2_001 }, (_, n) => message(`msg_${n + 100}`, n + 101));
    window.take(events);
    answer(0, page([8]));
    expect(await opened).toBeNull();
    expect(loads().around).toBe("failed");
  });
});
