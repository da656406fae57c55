import { expect, test } from "vitest";
import type { SessionWeight, WeightGroup } from "#server/ingest/weigh-session.ts";
import { barsByKind, barsByTool, barsByTurn } from "./weight-bars.ts";

const group = (changes: Partial<WeightGroup>): WeightGroup => ({
  type: "part",
  kind: null,
  tool: null,
  bytes: 10,
  count: 1,
  ...changes,
});

const weight = (groups: WeightGroup[], rest: { bytes?: number; itemCount?: number } = {}) => ({
  bytes: groups.reduce((sum, { bytes }) => sum + bytes, rest.bytes ?? 0),
  itemCount: groups.reduce((sum, { count }) => sum + count, rest.itemCount ?? 0),
  groups,
  turnCount: 0,
  turns: [],
});

test("groups that are called the same are one bar, heaviest first", () => {
  const bars = barsByKind(
    weight([
      group({ type: "message", bytes: 15 }),
      group({ kind: "tool", tool: "bash" }),
      group({ kind: "tool", tool: "read" }),
      group({ type: "telemetry", bytes: 3 }),
      group({ type: "constructor", bytes: 2 }),
      group({ kind: "__proto__", bytes: 1 }),
    ]),
  );
  expect(bars.map(({ label, bytes, count }) => [label, bytes, count])).toEqual([
    ["Tool calls", 20, 2],
    ["Messages", 15, 1],
    ["telemetry", 3, 1],
    ["constructor", 2, 1],
    ["__proto__", 1, 1],
  ]);
});

test("what is not shown by itself is shown together, so that bars add up to the whole", () => {
  const tools = Array.from({ length: 12 }, (_, n) =>
    group({ kind: "tool", tool: `tool ${n}`, bytes: 100 - n }),
  );
  const bars = barsByTool(weight([...tools, group({ kind: "text" })]));
  expect(bars).toHaveLength(8);
  expect(bars.at(-1)).toMatchObject({ label: "Everything else", count: 5 });
  expect(bars.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
    tools.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const [, rest] = barsByKind(weight([group({ kind: "text" })], { bytes: 7, itemCount: 2 }));
  expect(rest).toMatchObject({ label: "Everything else", bytes: 7, count: 2 });
});

test("a turn is called by the first words of its prompt, as far as they can be read", () => {
  const turn = { bytes: 1, messageCount: 2, messageId: "msg_1" };
  const labels = (turns: SessionWeight["turns"]) =>
    barsByTurn({ ...weight([]), turns }).map(({ label }) => label);
  expect(
    labels([
      { ...turn, turn: 1, promptHead: '{"type":"text","text":"Fix the\\n  parser of' },
      { ...turn, turn: 2, promptHead: null },
      { ...turn, turn: 0, messageId: null, promptHead: null },
    ]),
  ).toEqual(["1. Fix the parser of", "Turn 2", "Before the first prompt"]);
});
