import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { isTooLongToColour } from "./ask-colours.ts";
import { roles } from "./code-colours.ts";
import { colourCode } from "./colour-code.ts";
import { ColouredText } from "./coloured-line.tsx";
import { grammars } from "./grammars.ts";
import { grammarNames, languageOf, languageOfPath } from "./languages.ts";

test("every language of the table has a grammar, and every grammar a name", () => {
  expect([...grammarNames].toSorted()).toEqual(Object.keys(grammars).toSorted());
});

test.each([
  ["ts", "typescript"],
  ["Shell", "bash"],
  ["constructor", null],
  ["", null],
])("%s after a fence is %s", (name, grammar) => {
  expect(languageOf(name)).toBe(grammar);
});

test.each([
  ["src/a.test.tsx", "tsx"],
  ["Dockerfile", "docker"],
  ["build/Dockerfile.dev", "docker"],
  ["C:\\code\\a.CS", "csharp"],
  ["LICENSE", null],
])("%s is written in %s", (path, grammar) => {
  expect(languageOfPath(path)).toBe(grammar);
});

describe("colours", () => {
  const rolesOf = async (text: string, language: string) => {
    const lines = await colourCode({ text, language });
    return lines?.map((line) =>
      line.flatMap((value, index) => (index % 2 === 1 ? [roles[value]] : [])),
    );
  };

  test("tell what each piece of code is, line by line", async () => {
    const [first, second] = (await rolesOf('const a = "x"; // y\n\nreturn 1', "typescript")) ?? [];
    expect(first).toContain("keyword");
    expect(first).toContain("string-expression");
    expect(first).toContain("comment");
    expect(second).toEqual([]);
  });

  test("cover the whole line", async () => {
    const text = "def fib(n): return n if n < 2 else fib(n - 1)";
    const [line = []] = (await colourCode({ text, language: "python" })) ?? [];
    expect(line.reduce((sum, value, index) => sum + (index % 2 === 0 ? value : 0), 0)).toBe(
      text.length,
    );
  });

  test("of a language that nobody knows are none", async () => {
    expect(await colourCode({ text: "x", language: "__proto__" })).toBeNull();
  });
});

test("a coloured line stays text", () => {
  const html = renderToStaticMarkup(
    createElement(ColouredText, { text: "<script>x</script>", line: [8, 1, 10, 2] }),
  );
  expect(html).toBe(
    '<span class="text-code-keyword">&lt;script&gt;</span><span class="text-code-string">x&lt;/script&gt;</span>',
  );
});

test("long texts are not coloured", () => {
  expect(isTooLongToColour("x".repeat(100_001))).toBe(true);
  expect(isTooLongToColour("\n".repeat(2_000))).toBe(true);
  expect(isTooLongToColour("x\n".repeat(1_999))).toBe(false);
});
