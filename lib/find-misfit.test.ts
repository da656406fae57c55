import { expect, test } from "vitest";
import type { RequestContent, RequestField } from "./agent-request.ts";
import { describeWanted, findMisfit } from "./find-misfit.ts";

const field = (change: Partial<RequestField> = {}): RequestField => ({
  name: "field",
  title: null,
  description: null,
  type: "text",
  options: [],
  isRequired: false,
  ...change,
});

const options = ["a", "b", "c"].map((value) => ({ value, title: value.toUpperCase() }));

test.each<[Partial<RequestField>, RequestContent[string] | undefined]>([
  [{}, undefined],
  [{}, ""],
  [{ minLength: 2, maxLength: 2 }, "\u{1f30a}\u{1f30a}"],
  [{ format: "email" }, "a@example.org"],
  [{ format: "uri" }, "https://example.org/a"],
  [{ format: "date" }, "2024-02-29"],
  [{ format: "date-time" }, "2026-11-20T09:30:00.5+02:00"],
  [{ type: "number", minimum: 0, maximum: 1 }, 1],
  [{ type: "integer", minimum: -3 }, -3],
  [{ type: "boolean", isRequired: true }, false],
  [{ type: "choice", options }, "b"],
  [{ type: "choices", options, minItems: 2, maxItems: 2 }, ["a", "c"]],
])("to %j %j is an answer", (change, value) => {
  expect(findMisfit(field(change), value)).toBeNull();
});

test.each<[Partial<RequestField>, RequestContent[string] | undefined, string]>([
  [{ isRequired: true }, undefined, "The agent needs an answer to this"],
  [{}, 3, "This is not a text"],
  [{ minLength: 2 }, "a", "This is shorter than 2 characters"],
  [{ maxLength: 1 }, "ab", "This is longer than 1 character"],
  [{ format: "email" }, "example.org", "This is not an e-mail address"],
  [{ format: "uri" }, "example", "This is not an address such as https://…"],
  [{ format: "date" }, "2026-02-30", "This is not a date such as 2026-01-31"],
  [{ format: "date-time" }, "2026-02-20", "This is not a time such as 2026-01-31T12:00:00Z"],
  [
    { format: "date-time" },
    "2026-02-20T25:00:00Z",
    "This is not a time such as 2026-01-31T12:00:00Z",
  ],
  [{ type: "number" }, NaN, "This is not a number"],
  [{ type: "number", minimum: 0.5 }, 0.4, "This is less than 0.5"],
  [{ type: "integer" }, 1.5, "This is not a whole number"],
  [{ type: "integer", maximum: 3 }, 4, "This is more than 3"],
  [{ type: "boolean" }, "yes", "This is not yes or no"],
  [{ type: "choice", options }, "d", "The agent does not offer this"],
  [{ type: "choices", options }, ["a", "d"], "The agent does not offer this"],
  [{ type: "choices", options }, ["a", "a"], "Something is chosen twice"],
  [{ type: "choices", options, minItems: 2 }, ["a"], "Choose at least 2"],
  [{ type: "choices", options, maxItems: 1 }, ["a", "b"], "Choose at most 1"],
])("to %j %j is none", (change, value, words) => {
  expect(findMisfit(field(change), value)).toBe(words);
});

test.each<[Partial<RequestField>, string | null]>([
  [{}, null],
  [{ minLength: 0 }, null],
  [{ type: "integer", minimum: 1, maximum: 9 }, "A whole number, 1 to 9"],
  [{ type: "number", minimum: 0 }, "A number, at least 0"],
  [{ maxLength: 40 }, "At most 40 characters"],
  [{ format: "date" }, "A date such as 2026-01-31"],
  [{ pattern: "^v\\d" }, "Like ^v\\d"],
  [{ type: "choices", options, minItems: 2, maxItems: 2 }, "Exactly 2 of these"],
])("a hint says of %j what it wants to be", (change, words) => {
  expect(describeWanted(field(change))).toBe(words);
});
