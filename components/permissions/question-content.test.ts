import { expect, test } from "vitest";
import type { RequestField } from "#lib/agent-request.ts";
import { readDraft, readRefusal, startDraft } from "./question-content.ts";

const field = (name: string, change: Partial<RequestField> = {}): RequestField => ({
  name,
  title: null,
  description: null,
  type: "text",
  options: [],
  isRequired: false,
  ...change,
});

test("what was left empty is left out, boxes that nobody ticked say no, and numbers are numbers", () => {
  const fields = [
    field("text"),
    field("empty"),
    field("blank", { type: "number" }),
    field("count", { type: "integer" }),
    field("yes", { type: "boolean" }),
    field("no", { type: "boolean" }),
    field("unticked", { type: "boolean", isRequired: true }),
    field("some", { type: "choices" }),
    field("none", { type: "choices" }),
  ];
  const draft = {
    text: "a",
    empty: "",
    blank: " ",
    count: "3",
    yes: true,
    no: false,
    some: ["x"],
    none: [],
  };
  expect(readDraft(fields, draft).content).toEqual({
    text: "a",
    count: 3,
    yes: true,
    no: false,
    unticked: false,
    some: ["x"],
  });
});

test("says of every field what is wrong with it", () => {
  const fields = [
    field("colour", { isRequired: true }),
    field("count", { type: "integer" }),
    field("size", { type: "number" }),
    field("reason"),
  ];
  expect(readDraft(fields, { count: "1.5", size: "big", reason: "It is calm" }).problems).toEqual({
    colour: "The agent needs an answer to this",
    count: "This is not a whole number",
    size: "This is not a number",
  });
});

test("a field that is named as what every object has begins empty", () => {
  const fields = [field("constructor"), field("valueOf", { type: "choices", isRequired: true })];
  expect(readDraft(fields, startDraft(fields))).toEqual({
    content: {},
    problems: { valueOf: "The agent needs an answer to this" },
  });
});

test("begins with what the agent has filled in, and answers it as it came", () => {
  const fields = [
    field("text", { default: "a" }),
    field("count", { type: "integer", default: 3 }),
    field("sure", { type: "boolean", default: true }),
    field("empty"),
  ];
  const draft = startDraft(fields);
  expect(draft).toEqual({ text: "a", count: "3", sure: true });
  expect(readDraft(fields, draft)).toEqual({
    content: { text: "a", count: 3, sure: true },
    problems: {},
  });
});

test("what the server finds stands at its field, and all else at the card", () => {
  const refusal = (name: string | null) =>
    readRefusal({ field: name, message: "No" }, [field("tag"), field("a.b")]);
  expect(refusal("answer.tag")).toEqual({ tag: "No" });
  expect(refusal("answer.a.b")).toEqual({ "a.b": "No" });
  expect(refusal("answer.other")).toEqual({});
  expect(refusal(null)).toEqual({});
});
