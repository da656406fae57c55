import { expect, test } from "vitest";
import { describeQuestion } from "./describe-question.ts";

const describe = (schema: Record<string, unknown>, message = "Which?") =>
  describeQuestion({ sessionId: "s", toolCallId: null, message, schema });

test("fields of all types that agents use are read", () => {
  const properties = {
    one: { type: "string", title: "One", oneOf: [{ const: "a", title: "A" }, { const: "b" }] },
    plain: { type: "string", enum: ["x", "y"] },
    several: { type: "array", items: { anyOf: [{ const: "c", title: "C" }] } },
    strings: { type: "array", items: { type: "string", enum: ["d"] } },
    text: { type: "string", description: "In your words" },
    count: { type: "integer" },
    size: { type: "number" },
    sure: { type: "boolean" },
    strange: { type: "hologram" },
  };
  const fields = describe({ properties, required: ["one"] })?.fields;
  expect(fields?.map(({ name, type, options }) => [name, type, options.length])).toEqual([
    ["one", "choice", 2],
    ["plain", "choice", 2],
    ["several", "choices", 1],
    ["strings", "choices", 1],
    ["text", "text", 0],
    ["count", "integer", 0],
    ["size", "number", 0],
    ["sure", "boolean", 0],
    ["strange", "text", 0],
  ]);
  expect(fields?.[0]).toMatchObject({ isRequired: true, title: "One" });
  expect(fields?.[0]?.options[1]).toEqual({ value: "b", title: "b" });
});

test("what is no schema asks for nothing, and a question without words has some", () => {
  for (const schema of [
    {},
    { properties: [] },
    { properties: { a: 1, "b\0": {}, ["__proto__"]: {} } },
  ])
    expect(describe(schema)?.fields).toEqual([]);
  expect(describe({}, "")?.title).toBe("The agent has a question");
});

test("of a form that never ends the beginning is asked", () => {
  const names = Array.from({ length: 100 }, (_, index) => `field${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  expect(describe({ properties })?.fields).toHaveLength(20);
  expect(describe({ properties, required: ["field19"] })?.fields).toHaveLength(20);
  expect(describe({ properties, required: ["field20"] })).toBeNull();
});

test("a list of what is not told is not asked for, and where it is needed nothing is", () => {
  const properties = { list: { type: "array", items: { type: "string" } }, a: { type: "string" } };
  expect(describe({ properties, required: ["a"] })?.fields.map(({ name }) => name)).toEqual(["a"]);
  expect(describe({ properties, required: ["list"] })).toBeNull();
});

test("a form of 30,000 members, all of them required, is declined in time", () => {
  const names = Array.from({ length: 30_000 }, (_, index) => `field${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  expect(describe({ properties, required: names })).toBeNull();
});

test("what an answer has to be is kept, and what the agent has filled in", () => {
  const properties = {
    name: { type: "string", minLength: 2, maxLength: 20, pattern: "^[a-z]+$", default: "mill" },
    mail: { type: "string", format: "email", default: "nobody" },
    count: { type: "integer", minimum: 1, maximum: 9, default: 3 },
    sure: { type: "boolean", default: true },
    colour: { type: "string", enum: ["r", "g"], enumNames: ["Red", "Green"], default: "g" },
    some: {
      type: "array",
      minItems: 1,
      maxItems: 2,
      items: { type: "string", enum: ["a", "b"] },
      default: ["b"],
    },
  };
  const fields = describe({ properties })?.fields ?? [];
  expect(fields[0]).toMatchObject({ ...properties.name, type: "text" });
  expect(fields[1]).toMatchObject({ format: "email" });
  expect(fields[1]).not.toHaveProperty("default");
  expect(fields[2]).toMatchObject({ minimum: 1, maximum: 9, default: 3 });
  expect(fields[3]).toMatchObject({ default: true });
  expect(fields[4]).toMatchObject({
    default: "g",
    options: [
      { value: "r", title: "Red" },
      { value: "g", title: "Green" },
    ],
  });
  expect(fields[5]).toMatchObject({ minItems: 1, maxItems: 2, default: ["b"] });
});

test("bounds that nobody could keep to are none", () => {
  const properties = {
    text: { type: "string", minLength: 5, maxLength: 2, pattern: "(", format: "colour" },
    long: { type: "string", minLength: 20_000 },
    count: { type: "number", minimum: "1", maximum: null, default: "a\0b" },
    some: { type: "array", minItems: 3, items: { enum: ["a", "b"] } },
  };
  const bounds = describe({ properties })?.fields.map(
    ({ name: _name, title: _title, description: _words, type: _type, ...rest }) => rest,
  );
  expect(bounds?.map(({ options: _options, ...rest }) => rest)).toEqual(
    Array.from({ length: 4 }, () => ({ isRequired: false })),
  );
});
