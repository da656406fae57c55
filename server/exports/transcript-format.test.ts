import { expect, test } from "vitest";
import type { ExportRow } from "./export-row.ts";
import { ExportOutput } from "./export-output.ts";
import { createHtmlWriter } from "./html-writer.ts";
import { createMarkdownWriter } from "./markdown-writer.ts";
import { readBlock } from "./read-block.ts";
import { someHead, someTotals } from "./testing/some-export.ts";
import { TranscriptFormat } from "./transcript-format.ts";

const hostile = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "</style></title></main><iframe src=//x>",
  "javascript:alert(1)",
  "<!-- --> ]]> &lt;",
  "`` ``` ````",
  "\u0000 \ud800 \u202eabc\u2066 \u001b[31mred\u001b[0m \u001b]0;title\u0007",
].join("\n");

const bodies = {
  message: { id: "m", role: "user", modelID: hostile, time: { created: 1e300 }, error: hostile },
  text: { type: "text", text: hostile },
  reasoning: { type: "reasoning", text: hostile },
  tool: {
    type: "tool",
    tool: hostile,
    state: { status: hostile, input: { command: hostile }, output: hostile, error: hostile },
  },
  file: { type: "file", filename: hostile, mime: hostile, url: `javascript:${hostile}` },
  picture: { type: "file", filename: hostile, url: 'data:image/png;base64,AA" onerror="alert(1)' },
  patch: { type: "patch", files: [hostile] },
  unknown: { type: hostile, x: hostile },
  strange: [hostile],
  nothing: { type: "text", text: 5 },
};

function write(format: "md" | "html"): string {
  const head = { ...someHead, title: hostile, repository: hostile, model: hostile };
  const writer = format === "md" ? createMarkdownWriter(head) : createHtmlWriter(head);
  const transcript = new TranscriptFormat(writer);
  const output = new ExportOutput();
  transcript.begin(output);
  for (const [name, value] of Object.entries(bodies)) {
    const row = { kind: name === "message" ? "message" : "part" } as ExportRow;
    transcript.write(output, row, Buffer.from(JSON.stringify(value)));
  }
  transcript.write(output, { kind: "part" } as ExportRow, Buffer.from("{ no JSON"));
  transcript.end(output, someTotals);
  output.flush();
  return Buffer.concat(output.take()).toString("utf8");
}

test("a page has no element but our own, whatever the session holds", () => {
  const html = write("html");
  const names = new Set(Array.from(html.matchAll(/<\/?([a-z0-9!]+)/gi), ([, name]) => name));
  const own = ["!doctype", "html", "head", "meta", "title", "style", "body", "main", "h1", "h2"];
  own.push("dl", "dt", "dd", "article", "div", "details", "summary", "b", "code", "pre", "p");
  expect([...names].filter((name) => !own.includes(name ?? "") && name !== "footer")).toEqual([]);
  expect(html).not.toMatch(/<[^>]*\s(?:src|href|on\w+)=/);
  expect(html).toContain("default-src 'none'");
});

test.each(["md", "html"] as const)("nothing hides in %s", (format) => {
  const text = write(format);
  expect(text).not.toMatch(/[^\P{C}\n\t\r]/u);
  expect(text).toContain("⟦U+202E⟧abc⟦U+2066⟧ red");
});

test("in Markdown a fence is longer than what stands inside", () => {
  const markdown = write("md");
  const fences = Array.from(markdown.matchAll(/^(`{3,})\w*$/gm), ([, marks = ""]) => marks.length);
  expect(fences.length).toBeGreaterThan(4);
  // Around what is no JSON, and holds no backtick.
  expect(fences.filter((length) => length < 5)).toEqual([3, 3]);
  expect(fences.length % 2).toBe(0);
});

test("a picture that is nothing else is shown in the page itself", () => {
  const output = new ExportOutput();
  const transcript = new TranscriptFormat(createHtmlWriter(someHead));
  const file = { type: "file", filename: "a.png", url: "data:image/png;base64,iVBORw0KGgo=" };
  const row = { kind: "part" } as ExportRow;
  transcript.write(output, row, Buffer.from(JSON.stringify(file)));
  output.flush();
  expect(output.take().toString()).toContain('<img alt="a.png" src="data:image/png;base64,iVBORw0');
});

test("a compaction that nobody ended did not finish", () => {
  expect(readBlock('{"type":"compaction","status":"in_progress"}')).toEqual({
    kind: "note",
    text: "The agent did not finish shortening its memory.",
  });
});

test("a tool goes by what it does, and by what tells most of it", () => {
  const output = new ExportOutput();
  const transcript = new TranscriptFormat(createMarkdownWriter(someHead));
  const calls = [
    { tool: "grep", state: { status: "completed", input: { path: "src", pattern: "pear" } } },
    { tool: "bash", state: { status: "running", input: { command: "ls\npwd" } } },
    { tool: "mcp__docs__get", state: { status: "completed", title: "A page" } },
  ];
  const row = { kind: "part" } as ExportRow;
  for (const call of calls)
    transcript.write(output, row, Buffer.from(JSON.stringify({ type: "tool", ...call })));
  output.flush();
  const text = output.take().toString();
  expect(text.match(/^\*\*.*$/gm)).toEqual([
    "**Searched** `pear`",
    "**Running** `ls …` (not finished)",
    "**docs · get** `A page`",
  ]);
});
