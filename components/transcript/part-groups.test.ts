import { expect, test } from "vitest";
import type { MessageView, PartView } from "#components/session/session-view.ts";
import { visibleParts } from "./part-groups.ts";
import { shownParts } from "./shown-parts.ts";

const answer = (...kinds: string[]): MessageView => ({
  messageId: "msg_1",
  role: "assistant",
  sortKey: "1",
  firstSeq: 1,
  data: {},
  deleted: false,
  item: null,
  parts: kinds.map((kind, index): PartView => {
    const data = { text: "words" };
    return { messageId: "msg_1", partId: `${index}`, kind, data, streamed: null, item: null };
  }),
});
const kindsOf = (message: MessageView, hasSteps = true) =>
  visibleParts([message], hasSteps).map(({ kind }) => kind);

test("of a step that has ended one line is left, and nothing where steps are not wanted (#4)", () => {
  const message = answer("step-start", "snapshot", "text", "tool", "step-finish", "snapshot");
  expect(kindsOf(message)).toEqual(["text", "tool", "step-finish"]);
  expect(kindsOf(message, false)).toEqual(["text", "tool"]);
});

test("a step that has not ended says that it began", () => {
  const begun = answer("step-start", "text", "step-finish", "step-start", "tool");
  expect(kindsOf(begun)).toEqual(["text", "step-finish", "step-start", "tool"]);
  expect(kindsOf(answer("snapshot", "text"))).toEqual(["snapshot", "text"]);
});

test("steps have a filter of their own", () => {
  const parts = visibleParts([answer("step-start", "text", "step-finish", "retry")], true);
  const shown = shownParts(parts, { mode: "everything", hiddenParts: new Set(["steps"]) });
  expect(shown.map(({ kind }) => kind)).toEqual(["text", "retry"]);
});
