import { describe, expect, test } from "vitest";
import { decodeEntities } from "./decode-entities.ts";
import { parseBlocks, type ParsedText } from "./parse-blocks.ts";
import { safeLink } from "./safe-link.ts";

const document = [
  "# Title",
  "",
  "A paragraph with **bold** and `code`.",
  "",
  "- one",
  "- two",
  "",
  "  still two",
  "",
  "```ts",
  "const x = 1;",
  "",
  "- not a list",
  "```",
  "",
  "| a | b |",
  "|---|---|",
  "| 1 | 2 |",
  "",
  "> quote",
  "",
  "The end.",
].join("\n");

const types = ({ blocks }: ParsedText) => blocks.map(({ token }) => token?.type ?? "plain");

describe("a text that grows", () => {
  test.each([1, 2, 3, 7])("by %i characters reads as the whole text does", (step) => {
    let parsed: ParsedText | null = null;
    for (let end = 0; end < document.length; end += step)
      parsed = parseBlocks(document.slice(0, end), parsed);
    parsed = parseBlocks(document, parsed);
    expect(parsed.blocks).toEqual(parseBlocks(document).blocks);
  });

  test("keeps the block objects before the last one", () => {
    const before = parseBlocks("one\n\ntwo\n\nthr");
    const after = parseBlocks("one\n\ntwo\n\nthree", before);
    expect(after.blocks[0]).toBe(before.blocks[0]);
    expect(after.blocks.at(-1)).not.toBe(before.blocks.at(-1));
  });

  test("may define its links anywhere", () => {
    const pieces = ["See [it].\n\n", "More.\n\n", "[it]: https://example.org\n\n", "And [it].\n"];
    let parsed: ParsedText | null = null;
    for (let count = 1; count <= pieces.length; count += 1)
      parsed = parseBlocks(pieces.slice(0, count).join(""), parsed);
    expect(parsed?.blocks).toEqual(parseBlocks(pieces.join("")).blocks);
  });

  test("that turns into another text is read anew", () => {
    const before = parseBlocks("one\n\ntwo");
    expect(parseBlocks("ONE\n\ntwo", before).blocks[0]?.raw).toBe("ONE");
  });
});

describe("budgets", () => {
  test("a text above 200,000 characters is plain, said so, and complete", () => {
    const text = "word ".repeat(40_001);
    expect(parseBlocks(text)).toEqual({
      text,
      isPlain: true,
      hasPlain: true,
      blocks: [{ raw: text, token: null }],
    });
  });

  test("one enormous table is plain, its neighbours are not", () => {
    const table = `| a |\n|---|\n${"| x |\n".repeat(9_000)}`;
    const seen = types(parseBlocks(`before\n\n${table}\nafter`)).filter((type) => type !== "space");
    expect(seen).toEqual(["paragraph", "plain", "paragraph"]);
    expect(parseBlocks(`before\n\n${table}\nafter`)).toMatchObject({
      isPlain: false,
      hasPlain: true,
    });
  });

  test.each([
    ["quotes", `${"> ".repeat(5_000)}a`],
    ["lists", "- ".repeat(5_000)],
    [
      "indented lists",
      Array.from({ length: 500 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n"),
    ],
    ["brackets", "[".repeat(20_000)],
    ["links", "[a](".repeat(10_000)],
    ["emphasis", "*a **b ".repeat(8_000)],
    ["nested emphasis", `${"**a ".repeat(3_000)}${"b** ".repeat(3_000)}`],
    ["numbers", "1. a\n".repeat(10_000)],
    ["backticks", Array.from({ length: 300 }, (_, count) => "`".repeat(count)).join(" a ")],
  ])("tangled %s end in bounded time and lose nothing", (_, text) => {
    const startMs = performance.now();
    const { blocks } = parseBlocks(text);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(blocks.map(({ raw }) => raw).join("").length).toBeGreaterThan(0);
  });
});

test("only absolute http, https and mailto links may be followed", () => {
  expect(safeLink("https://example.org/a b")).toBe("https://example.org/a%20b");
  expect(safeLink("mailto:a@example.org")).toBe("mailto:a@example.org");
  for (const href of [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "\u0001javascript:x",
    "data:text/html,x",
    "file:///etc/passwd",
    "/api/trpc",
    "//",
    "vbscript:x",
    "blob:https://a/b",
  ]) {
    expect(safeLink(href), href).toBeNull();
  }
});

test("character references are read, unknown and impossible ones stay", () => {
  expect(
    decodeEntities("a &amp; b &lt;i&gt; &#65;&#x42; &unknown; &valueOf; &#xd800; &#9999999;"),
  ).toBe("a & b <i> AB &unknown; &valueOf; &#xd800; &#9999999;");
});
