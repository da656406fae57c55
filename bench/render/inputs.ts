import { LINE } from "./words.ts";

/** An answer of about 4 KB as agents write them: headings, lists, a table, 42 lines of code, links. */
export const message = [
  "## What I found",
  "",
  "The **server** keeps every `session` in memory, so a *restart* loses what was not flushed. See [the docs](https://example.org/docs) for details.",
  "",
  ...Array.from(
    { length: 6 },
    (_, index) => `- Point ${index + 1}: ${LINE} with \`code-${index}\``,
  ),
  "",
  "| file | lines | remark |",
  "|:-----|------:|--------|",
  ...Array.from(
    { length: 8 },
    (_, index) => `| src/file-${index}.ts | ${index * 37} | **${index}** things |`,
  ),
  "",
  "### The change",
  "",
  "```ts",
  ...Array.from(
    { length: 42 },
    (_, index) => `  const value${index} = await load("${index}", { retries: ${index} });`,
  ),
  "```",
  "",
  ...Array.from({ length: 4 }, (_, index) => `${index + 1}. ${LINE} ~~not~~ this.`),
  "",
  `> ${LINE}`,
  "",
  LINE.repeat(4),
].join("\n");

/** What a page must live with. Each is drawn and laid out. */
export const pathological: Readonly<
  Record<string, { kind: "markdown" | "output" | "json"; text: string }>
> = {
  "table of 10,000 columns": { kind: "markdown", text: table(10_000, 3) },
  "table of 2,000 rows": { kind: "markdown", text: table(4, 2_000) },
  "table of 20 KB": { kind: "markdown", text: table(8, 500) },
  "quotes in quotes": { kind: "markdown", text: `${"> ".repeat(5_000)}a` },
  "lists in lists": {
    kind: "markdown",
    text: Array.from({ length: 500 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n"),
  },
  "open links": { kind: "markdown", text: "[a](".repeat(10_000) },
  "open emphasis": { kind: "markdown", text: "*a **b ".repeat(8_000) },
  "nested emphasis": { kind: "markdown", text: `${"**a ".repeat(3_000)}${"b** ".repeat(3_000)}` },
  "autolinks and entities": { kind: "markdown", text: "https://a.b/c &amp; <x> ".repeat(2_000) },
  "a paragraph of 200 KB": { kind: "markdown", text: "word ".repeat(39_000) },
  "a list of 10,000": { kind: "markdown", text: "1. a\n".repeat(10_000) },
  "a code block of 190 KB": {
    kind: "markdown",
    text: `\`\`\`ts\n${"const a = 1;\n".repeat(15_000)}\`\`\``,
  },
  "4 MB of Markdown": { kind: "markdown", text: `${LINE}\n\n`.repeat(40_000) },
  "a line of 5 MB": { kind: "output", text: "x".repeat(5_000_000) },
  "8 MB of lines": { kind: "output", text: `${LINE}\n`.repeat(80_000) },
  "8 million empty lines": { kind: "output", text: "\n".repeat(8_000_000) },
  "a colour for each character": { kind: "output", text: "\u001b[31mx\u001b[32my".repeat(20_000) },
  "progress written over": { kind: "output", text: `${"10 %\r".repeat(1_000)}\n`.repeat(200) },
  "500 levels of JSON": {
    kind: "json",
    text: `${"[".repeat(500)}${Array.from({ length: 5_000 }, (_, index) => index).join(",")}${"]".repeat(500)}`,
  },
  "8 MB of JSON": {
    kind: "json",
    text: JSON.stringify(Array.from({ length: 60_000 }, (_, id) => ({ id, text: LINE }))),
  },
};

function table(columns: number, rows: number): string {
  const row = (cell: string) => `|${` ${cell} |`.repeat(columns)}`;
  return [row("a"), row("---"), ...Array.from({ length: rows }, () => row("**x**"))].join("\n");
}
