import { expect, test } from "vitest";
import type { RequestField } from "#lib/agent-request.ts";
import { readDraft } from "./question-content.ts";

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

test.each([
  [field("colour", { isRequired: true, title: "Colour" }), {}, "“Colour” is needed."],
  [field("count", { type: "integer" }), { count: "1.5" }, "“count” is a whole number."],
  [field("size", { type: "number" }), { size: "big" }, "“size” is a number."],
])("says what is wrong with %j", (asked, draft, problem) => {
  expect(readDraft([asked], draft)).toEqual({ content: null, problem });
});
