import { expect, test } from "vitest";
import type { JsonObject } from "#lib/json.ts";
import type { PartView } from "#components/session/session-view.ts";
import { message, viewOf } from "#components/session/testing/live-events.ts";
import { buildTurns } from "./build-turns.ts";
import { summarizeTurn } from "./turn-summary.ts";

const partOf = (tool: string, state: JsonObject, isCut: boolean): PartView => ({
  messageId: "msg_1",
  partId: "prt_1",
  kind: "tool",
  data: { type: "tool", tool, state: { status: "completed", ...state } },
  streamed: null,
  item: {
    type: "part",
    messageId: "msg_1",
    partId: "prt_1",
    firstSeq: 1,
    seq: 1,
    body: isCut ? null : "{}",
    byteSize: 9_000,
    preview: isCut ? "{" : null,
    deleted: false,
  },
});

const small = partOf("edit", { input: { oldString: "a", newString: "b" } }, false);

const summarize = (...parts: PartView[]) => {
  const [turn] = buildTurns(viewOf(message("msg_1", 1))).turns;
  return summarizeTurn({ ...turn!, answers: [{ ...turn!.answers[0]!, parts }] });
};

test("a large edit of which only the beginning is here makes a sum the least that it may be (#4)", () => {
  const cut = partOf("edit", { input: { oldString: "one\ntwo", newString: "th" } }, true);
  expect(summarize(small, cut)).toMatchObject({
    additions: 1,
    deletions: 1,
    areChangesPartial: true,
  });
  expect(summarize(small, partOf("bash", {}, true))).toMatchObject({ areChangesPartial: false });
});

test("what the agent counted of a large edit is known by its beginning", () => {
  const metadata = { filediff: { additions: 400, deletions: 300 } };
  expect(summarize(small, partOf("edit", { metadata }, true))).toMatchObject({
    additions: 401,
    deletions: 301,
    areChangesPartial: false,
  });
});

test("a new file counts its lines, one that was there before does not", () => {
  const input = { filePath: "a.ts", content: "one\ntwo\n" };
  expect(summarize(partOf("write", { input }, false))).toMatchObject({ additions: 2 });
  expect(summarize(partOf("write", { input, metadata: { exists: true } }, false))).toMatchObject({
    additions: 0,
  });
});
