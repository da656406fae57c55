import { expect, test } from "vitest";
import { SEARCH_TEXT_MAX_BYTES } from "#lib/limits.ts";
import { readSearchTexts } from "./read-search-texts.ts";
import { walkStrings } from "./walk-strings.ts";

const read = (part: object) => readSearchTexts(JSON.stringify(part));

test.each([
  [{ id: "prt_1", type: "text", text: "Hello" }, { text: "Hello" }],
  [{ type: "reasoning", text: "Hm", metadata: { signature: "abc" } }, { reasoning: "Hm" }],
  [{ type: "file", filename: "a.png", url: "data:image/png;base64,AAAA" }, { text: "a.png" }],
  [{ type: "step-start", snapshot: "abc" }, {}],
  [
    {
      type: "tool",
      tool: "bash",
      callID: "call_1",
      state: {
        status: "completed",
        input: { command: "npm test", list: ["a", { b: "c" }] },
        output: "ok",
      },
    },
    { input: "npm test\na\nc", output: "ok" },
  ],
  [
    { type: "tool", state: { status: "error", input: {}, error: "No such file" } },
    { output: "No such file" },
  ],
  [{ type: "novel", id: "x", content: { words: "Here", sessionID: "ses" } }, { text: "Here" }],
])("of %j can be read %j", (part, texts) => {
  expect(read(part)).toEqual(texts);
});

test("text is fit for the database: no NUL, no half characters, no terminal codes", () => {
  expect(read({ type: "text", text: "a\u0000b \u001b[31mred\u001b[0m \ud800" })).toEqual({
    text: "a b red \ufffd",
  });
});

test("a text is cut between characters", () => {
  const { text = "" } = read({ type: "text", text: `x${"é🙂".repeat(40_000)}` });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SEARCH_TEXT_MAX_BYTES);
  expect(Buffer.byteLength(text)).toBeGreaterThan(SEARCH_TEXT_MAX_BYTES - 4);
  expect(text).not.toContain("\ufffd");
});

test("a part that was cut anywhere gives what comes before the cut", () => {
  const state = { input: { command: 'say "hi" \\ \u00e9' }, output: "first\nsecond" };
  const json = JSON.stringify({ type: "tool", tool: "bash", state });
  for (let end = 0; end <= json.length; end += 1) {
    const { input = "", output = "" } = readSearchTexts(json.slice(0, end));
    expect(state.input.command.startsWith(input)).toBe(true);
    expect(state.output.startsWith(output)).toBe(true);
  }
});

test.each(["", "null", "[]", "{", '"', "}}}]", '{"a":', "x".repeat(100), "[".repeat(5_000)])(
  "%j has no text, and is no mistake",
  (json) => {
    expect(readSearchTexts(json)).toEqual({});
  },
);

test("names with escapes, names like those of objects, and values that are names are told apart", () => {
  const json = String.raw`{"a\"b":"one","__proto__":{"c":["two","three"]},"d":"a\"b"}`;
  expect([...walkStrings(json)]).toEqual([
    { path: ['a"b'], value: "one" },
    { path: ["__proto__", "c", ""], value: "two" },
    { path: ["__proto__", "c", ""], value: "three" },
    { path: ["d"], value: 'a"b' },
  ]);
});

test("what a part is may stand behind what is read of it, and what an agent added is an output (#4)", () => {
  const json = JSON.stringify({ text: "a text", type: "text", synthetic: true });
  expect(readSearchTexts(json)).toEqual({ output: "a text" });
  expect(readSearchTexts(json.slice(0, 12), '{"type":"text"}')).toEqual({ text: "a t" });
  expect(readSearchTexts(json.slice(0, 12), '{"type":"step-start"}')).toEqual({});
});
