import { expect, test } from "vitest";
import {
  readingModes,
  type PartFilter,
  type ReadingMode,
} from "#components/session/session-atoms.ts";
import type { PartView } from "#components/session/session-view.ts";
import { shownParts } from "./shown-parts.ts";

const kinds = [
  "step-start",
  "reasoning",
  "tool",
  "plan",
  "hole",
  "text",
  "file",
  "odd",
  "snapshot",
];

const parts = kinds.map((kind): PartView => ({
  messageId: "msg_1",
  partId: `prt_${kind}`,
  kind,
  data: {},
  streamed: null,
  item: null,
}));

const shown = (mode: ReadingMode, ...hidden: PartFilter[]) =>
  shownParts(parts, { mode, hiddenParts: new Set(hidden) }).map(({ kind }) => kind);

test("everything, and finished turns folded, leave nothing out", () => {
  expect(shown("everything")).toEqual(kinds);
  expect(shown("compact")).toEqual(kinds);
});

test("prompts and answers only leave texts and files, whatever is hidden besides", () => {
  expect(shown("answers")).toEqual(["hole", "text", "file"]);
  expect(shown("answers", "text", "tools")).toEqual(["hole", "text", "file"]);
});

test("each filter takes what it says, and the rest is everything else", () => {
  const without = (filter: PartFilter) => {
    const left = new Set(shown("compact", filter));
    return kinds.filter((kind) => !left.has(kind));
  };
  expect(without("text")).toEqual(["text", "file"]);
  expect(without("tools")).toEqual(["tool"]);
  expect(without("reasoning")).toEqual(["reasoning"]);
  expect(without("steps")).toEqual(["step-start", "snapshot"]);
  expect(without("others")).toEqual(["plan", "odd"]);
});

test("what was refused is shown in every mode, with everything hidden", () => {
  for (const mode of readingModes)
    expect(shown(mode, "text", "tools", "reasoning", "steps", "others")).toContain("hole");
});

test("what cannot be told before its body is here is shown in every mode (#4)", () => {
  const part = { ...parts[0]!, kind: "", item: { body: null } as PartView["item"] };
  for (const mode of readingModes)
    expect(shownParts([part], { mode, hiddenParts: new Set(["others"]) })).toEqual([part]);
});
