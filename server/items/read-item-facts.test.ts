import { expect, test } from "vitest";
import { messageSortKey } from "#lib/message-sort-key.ts";
import { placeholderSortKey, readMessageFacts } from "./read-item-facts.ts";

const message = (value: unknown) => readMessageFacts(Buffer.from(JSON.stringify(value)));

test("an answer tells role, time, cost, tokens of all kinds, and model", () => {
  const facts = message({
    id: "msg_1",
    role: "assistant",
    time: { created: 1_700_000_000_123 },
    providerID: "acme",
    modelID: "large",
    cost: 0.25,
    tokens: { input: 1, output: 20, reasoning: 300, cache: { read: 4_000, write: 50_000 } },
  });
  expect(facts).toEqual({
    role: "assistant",
    createdMs: 1_700_000_000_123,
    costUsd: 0.25,
    tokens: 54_321,
    model: "acme/large",
  });
});

test("a prompt names its model in an object", () => {
  expect(message({ role: "user", model: { providerID: "acme", modelID: "small" } })).toMatchObject({
    model: "acme/small",
  });
});

test.each([
  ["nothing", {}],
  [
    "values of other types",
    { role: 7, time: "noon", cost: "free", tokens: [], modelID: {}, model: null },
  ],
  ["numbers that are none", { time: { created: -1 }, cost: -0.5, tokens: { input: -3 } }],
])("%s is no fact", (_, value) => {
  expect(message(value)).toEqual({
    role: "unknown",
    createdMs: null,
    costUsd: null,
    tokens: null,
    model: null,
  });
});

test("a body that is no JSON has no facts", () => {
  expect(readMessageFacts(Buffer.from("no json"))).toMatchObject({
    role: "unknown",
    createdMs: null,
  });
});

test("text for columns loses what Postgres refuses", () => {
  expect(message({ role: " a\0b\ud800c " }).role).toBe("ab\ufffdc");
});

test("times sort before ids, ids before placeholders, and both by value", () => {
  const keys = [
    messageSortKey(999, "msg_b"),
    messageSortKey(1_700_000_000_000, "msg_a"),
    messageSortKey(null, "msg_a"),
    messageSortKey(null, "msg_b"),
    placeholderSortKey(9),
    placeholderSortKey(10),
  ];
  expect(keys.toSorted()).toEqual(keys);
});
