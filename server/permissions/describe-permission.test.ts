import { expect, test } from "vitest";
import type { PermissionRequest } from "#server/agents/permission-policy.ts";
import { describePermission } from "./describe-permission.ts";

const yes = { optionId: "yes", name: "Yes", kind: "allow_once" };

/** A request as an agent sends it, which may be anything. */
const describe = (toolCall: object, options: unknown[] = [yes], heardInput?: unknown) =>
  describePermission({
    sessionId: "s",
    toolCall,
    heardInput,
    options,
  } as unknown as PermissionRequest);

test.each([
  [{ rawInput: { command: "npm test", cwd: "/w" } }, "npm test"],
  [{ rawInput: { command: ["bash", "-lc", "ls"] } }, "bash -lc ls"],
  [{ rawInput: { command: ["ls", { toString: 1 }] } }, 'ls {"toString":1}'],
  [{ rawInput: { file_path: "/w/a.ts", content: "x" } }, "/w/a.ts"],
  [{ rawInput: { depth: 3 } }, '{"depth":3}'],
  [{ rawInput: "as text" }, "as text"],
  [{ rawInput: {}, locations: [{ path: "/w/b.ts" }] }, "/w/b.ts"],
  [{ rawInput: null, locations: "nowhere" }, null],
])("of %j the most telling part is shown", (toolCall, summary) => {
  expect(describe({ title: "Tool", ...toolCall })?.summary).toBe(summary);
});

test("without a title the input stands for it; without both there is no rule to make", () => {
  expect(describe({ rawInput: { command: "ls" } })).toMatchObject({ title: "ls" });
  expect(describe({})).toMatchObject({ title: "Use a tool", ruleKey: null });
});

test("options that a row cannot hold, or that name nothing, are not offered", () => {
  const options = [yes, { optionId: "a\0b" }, { name: "No id" }, "no", { optionId: "no" }];
  expect(describe({ title: "ls" }, options)?.options).toEqual([
    yes,
    { optionId: "no", name: "no", kind: "" },
  ]);
  expect(describe({ title: "ls" }, [])).toBeNull();
});

test("texts are cut and cleaned for a row, and a rule still tells long ones apart", () => {
  const long = "x".repeat(10_000);
  const [first, second, again] = ["a", "b", "a"].map((end) =>
    describe({ title: `\0${long}`, rawInput: { command: long + end } }),
  );
  expect(first?.title).toBe("x".repeat(500));
  expect(first?.summary).toHaveLength(4_000);
  expect(first?.ruleKey).not.toBe(second?.ruleKey);
  expect(first?.ruleKey).toBe(again?.ruleKey);
});

test("a call of 32 MB is described by its beginning", () => {
  const command = "x".repeat(32 * 1024 * 1024);
  const described = describe({ title: command, rawInput: { command } });
  expect(described?.title).toHaveLength(500);
  expect(described?.summary).toHaveLength(4_000);
});

test("a rule for one kind of tool is none for another", () => {
  const [run, read] = ["execute", "read"].map((kind) => ruleOf({ kind, rawInput }));
  expect(run).not.toBe(read);
});

const rawInput = { command: "ls" };
const ruleOf = (toolCall: object, heardInput?: unknown) =>
  describe({ title: "x", ...toolCall }, [yes], heardInput)?.ruleKey;

test.each([
  [
    { file_path: "/w/a", content: "x" },
    { file_path: "/w/a", content: "y" },
  ],
  [{ command: ["a b"] }, { command: ["a", "b"] }],
  [
    { command: "ls", cwd: "/w" },
    { command: "ls", cwd: "/" },
  ],
  ["ls", { command: "ls" }],
])("a rule for %j is none for %j", (one, other) => {
  expect(ruleOf({ rawInput: one })).not.toBe(ruleOf({ rawInput: other }));
});

test("a rule is for the same input in any order, and for the same place and change", () => {
  const rule = ruleOf({ rawInput: { a: 1, b: { c: 2, d: [3] } } });
  expect(ruleOf({ rawInput: { b: { d: [3], c: 2 }, a: 1 } })).toBe(rule);
  const diff = (newText: string) => ({ content: [{ type: "diff", path: "/w/a", newText }] });
  expect(ruleOf(diff("x"))).toBe(ruleOf(diff("x")));
  expect(ruleOf(diff("x"))).not.toBe(ruleOf(diff("y")));
  expect(ruleOf({ rawInput, locations: [{ path: "/w/a" }] })).not.toBe(ruleOf({ rawInput }));
});

test.each([{}, { rawInput: {} }, { rawInput: "" }, { rawInput: {}, locations: [{ path: "/w" }] }])(
  "where %j is all that the agent says there is no rule, unless it said more before",
  (toolCall) => {
    expect(ruleOf(toolCall)).toBeNull();
    const [one, other] = ["ls", "rm"].map((command) => ruleOf(toolCall, { command }));
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(one).not.toBe(other);
  },
);

test("a card shows what was said before where the request does not say it", () => {
  const described = describe({ title: "bash", rawInput: {} }, [yes], rawInput);
  expect(described).toMatchObject({ title: "bash", summary: "ls" });
});
