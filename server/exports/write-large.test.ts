import { describe, expect, test } from "vitest";
import { ExportOutput } from "./export-output.ts";
import type { ExportRow } from "./export-row.ts";
import { createHtmlWriter } from "./html-writer.ts";
import { createMarkdownWriter } from "./markdown-writer.ts";
import { someHead } from "./testing/some-export.ts";
import { TranscriptFormat } from "./transcript-format.ts";

const hostile = [
  '<script>alert(1)</script> "><img src=x onerror=1>',
  "`` ``` ```` and a row `````",
  "ünïcödé 😀😀 \u202eabc\u2066 \u0000 \ud800 x",
  "\u001b[31mred\u001b[0m \u001b]0;title\u0007 after",
].join("\n");
const long = hostile.repeat(1_500);

const bodies: Record<string, object> = {
  text: { type: "text", text: long },
  "text before its type": { text: long, type: "text" },
  reasoning: { type: "reasoning", text: long },
  tool: {
    type: "tool",
    tool: "bash",
    state: { status: "error", input: { command: "ls" }, output: long, error: `error ${long}` },
  },
  "tool with a long input": {
    type: "tool",
    tool: "write",
    state: { output: `first ${long}`, input: { filePath: "a.ts", content: long, other: hostile } },
  },
  unknown: { type: "strange", list: [long, hostile, { deep: long }] },
  picture: { type: "file", url: `data:image/png;base64,${"iVBORw0K".repeat(20_000)}==` },
  "no picture": { type: "file", url: `data:image/png;base64,${"iVBO<0K".repeat(20_000)}==` },
  silent: { type: "snapshot", snapshot: long },
};

const writers = { md: createMarkdownWriter, html: createHtmlWriter };

async function* pieces(body: Buffer, size: number) {
  for (let at = 0; at < body.byteLength; at += size) yield body.subarray(at, at + size);
}

function takeAll(output: ExportOutput): string {
  output.flush();
  return Buffer.concat(output.take()).toString("utf8");
}

async function writeLarge(
  format: keyof typeof writers,
  body: string,
  { size = 65_536, kind = "part" } = {},
): Promise<string> {
  const output = new ExportOutput();
  const row = { kind, type: kind } as ExportRow;
  const transcript = new TranscriptFormat(writers[format](someHead));
  const read = () => pieces(Buffer.from(body), size);
  for await (const _ of transcript.writeLarge(output, row, read)) continue;
  return takeAll(output);
}

function writeWhole(format: keyof typeof writers, body: string, kind = "part"): string {
  const output = new ExportOutput();
  const transcript = new TranscriptFormat(writers[format](someHead));
  transcript.write(output, { kind, type: kind } as ExportRow, Buffer.from(body));
  return takeAll(output);
}

describe.each(["md", "html"] as const)("a large body in %s", (format) => {
  test.each(Object.keys(bodies))("is written as a small one would be: %s", async (name) => {
    const body = JSON.stringify(bodies[name]);
    const whole = writeWhole(format, body);
    for (const size of [61, 4_099, 65_536])
      expect(await writeLarge(format, body, { size })).toBe(whole);
  });

  test("is there once, though its tool's title would be it", async () => {
    const state = { status: "completed", input: { command: "x".repeat(100_000) }, output: "y" };
    const text = await writeLarge(format, JSON.stringify({ type: "tool", tool: "bash", state }));
    expect(text).toContain("…");
    expect(text.match(/x+/g)?.filter((row) => row.length > 10)).toEqual(["x".repeat(100_000)]);
  });

  test("that is an error of a message is told whole", async () => {
    const body = JSON.stringify({ role: "assistant", error: { message: long } });
    expect(await writeLarge(format, body, { kind: "message" })).toBe(
      writeWhole(format, body, "message"),
    );
  });

  test("of too many shorter texts is shown as it came", async () => {
    const body = JSON.stringify({
      type: "text",
      list: Array.from({ length: 80 }, () => "`a".repeat(30_000)),
    });
    const text = await writeLarge(format, body);
    const shown = format === "html" ? body.replaceAll('"', "&quot;") : body;
    expect(text).toContain(shown);
  });
});

test("a row of backticks of any length does not end its fence", async () => {
  const output = `${"`".repeat(200_000)}\n# no heading`;
  const body = JSON.stringify({ type: "tool", tool: "bash", state: { output } });
  for (const size of [1_000, 65_536]) {
    const text = await writeLarge("md", body, { size });
    const rows = Array.from(text.matchAll(/`{3,}/g), ([row]) => row.length);
    const fence = Math.max(...rows);
    expect(rows.filter((length) => length === fence)).toHaveLength(2);
    expect(text.trimEnd().endsWith("`".repeat(fence))).toBe(true);
  }
});

test("holds no more than a piece of a long text", async () => {
  const row = { kind: "part", type: "part" } as ExportRow;
  const output = new ExportOutput();
  const transcript = new TranscriptFormat(createHtmlWriter(someHead));
  async function* read() {
    yield Buffer.from('{"type":"text","text":"');
    for (let n = 0; n < 50; n += 1) yield Buffer.alloc(65_536, "<");
    yield Buffer.from('"}');
  }
  let most = 0;
  let sum = 0;
  for await (const _ of transcript.writeLarge(output, row, read)) {
    const bytes = output.take().reduce((total, chunk) => total + chunk.byteLength, 0);
    most = Math.max(most, bytes);
    sum += bytes;
  }
  expect(sum).toBeGreaterThan(50 * 65_536 * 3);
  expect(most).toBeLessThan(1_000_000);
});
