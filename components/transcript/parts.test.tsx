import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "#lib/json.ts";
import type { PartView } from "#components/session/session-view.ts";
import { Part } from "./part.tsx";
import { PartBoundary } from "./part-boundary.tsx";
import { partRenderers } from "./part-renderers.tsx";
import { readTool } from "./tool/read-tool.ts";
import { ToolBody } from "./tool/tool-body.tsx";
import { TranscriptSourceProvider, type TranscriptSource } from "./transcript-source.ts";

const never = () => Promise.reject(new Error("nothing is fetched while a page is rendered"));
const source: TranscriptSource = {
  readWindow: never,
  readOutline: never,
  find: never,
  readUsage: never,
  findLinked: never,
  bodyUrl: ({ seq }) => `/body/${seq}`,
  fileUrl: ({ seq }, { at, from }) => `/file/${seq}?at=${at}&from=${from}`,
};

const draw = (node: ReactNode) =>
  renderToStaticMarkup(
    <QueryClientProvider client={new QueryClient()}>
      <TranscriptSourceProvider value={source}>{node}</TranscriptSourceProvider>
    </QueryClientProvider>,
  );

const partOf = (data: JsonObject, extra: Partial<PartView> = {}): PartView => ({
  messageId: "msg_1",
  partId: "prt_1",
  kind: String(data["type"]),
  data,
  streamed: null,
  item: null,
  ...extra,
});

const drawPart = (data: JsonObject, extra?: Partial<PartView>) =>
  draw(<Part part={partOf(data, extra)} isTurnRunning={false} />);

const drawTool = (tool: string, state: JsonObject) => {
  const data = { type: "tool", tool, state: { status: "completed", ...state } };
  return drawPart(data) + draw(<ToolBody partId="prt_1" call={readTool(data)} data={data} />);
};

const hostile =
  '<script>alert(1)</script>"><img src=x onerror=alert(1)>[x](javascript:alert(1))\u202e';

/** Nothing that runs, nothing that is fetched from elsewhere, no look that lies. */
function expectHarmless(html: string) {
  expect(html).not.toMatch(/<(?:script|iframe|object|embed|style|link|base|form)\b/i);
  expect(html).not.toMatch(/(?:href|src)="\s*(?:javascript|vbscript|file|blob):/i);
  expect(html).not.toMatch(/href="\s*data:/i);
  expect(html).not.toMatch(/<[^>]*\ssrc="(?!\/file\/)/i);
  expect(html).not.toMatch(/<[^>"]*("[^"]*"[^>"]*)*\son\w+=/i);
  expect(html).not.toContain("\u202e");
}

const everyTool = [
  "bash read write edit grep glob list lsp webfetch websearch task todowrite ExitPlanMode mode",
  "AskUserQuestion think skill memory view_image BashOutput KillBash delete move novelty",
]
  .join(" ")
  .split(" ");

describe("hostile content stays text", () => {
  test.each(everyTool)("in every member of %s", (tool) => {
    const input = Object.fromEntries(
      "command description filePath path pattern query url prompt plan thought content skill fact question title mode"
        .split(" ")
        .map((name) => [name, hostile]),
    );
    for (const status of ["completed", "error", "running", hostile])
      expectHarmless(
        drawTool(tool, {
          status,
          input: {
            ...input,
            questions: [{ question: hostile, options: [{ label: hostile, description: hostile }] }],
            todos: [{ content: hostile, status: hostile }],
            edits: [{ old_string: hostile, new_string: hostile }],
            [hostile]: { [hostile]: hostile },
          },
          output: `${hostile}\n${hostile}:1:${hostile}`,
          error: hostile,
          title: hostile,
          metadata: {
            diffs: [{ path: hostile, oldText: hostile, newText: `${hostile}!` }],
            sessionId: "javascript:alert(1)",
            summary: [{ tool: hostile, state: { title: hostile } }],
          },
          attachments: [{ mime: hostile, filename: hostile, url: "javascript:alert(1)" }],
        }),
      );
  });

  test.each([...partRenderers.keys(), "reasoning", "novelty", ""])(
    "in a part of kind %j",
    (type) => {
      expectHarmless(
        drawPart({
          type,
          text: hostile,
          url: "https://evil.example/x.png",
          mime: "image/png",
          filename: hostile,
          title: hostile,
          description: hostile,
          summary: hostile,
          severity: hostile,
          name: hostile,
          prompt: hostile,
          agent: hostile,
          message: hostile,
          reason: hostile,
          error: { message: hostile, data: { message: hostile } },
          files: [hostile, 7],
          entries: [{ content: hostile, status: hostile }],
        }),
      );
    },
  );

  test.each([
    "data:image/svg+xml;base64,PHN2Zy8+",
    "data:text/html,<script>alert(1)</script>",
    "https://evil.example/picture.png",
    "//evil.example/picture.png",
    "file:///etc/passwd",
    "javascript:alert(1)",
  ])("a file at %s is named, not loaded", (url) => {
    const html = drawPart({ type: "file", mime: "image/png", filename: "a.png", url });
    expect(html).not.toContain("<img");
    expect(html).toContain("a.png");
    expectHarmless(html);
  });
});

describe("pictures come by our own route", () => {
  const gif = Buffer.from("GIF89a\u0020\u0003\u0058\u0002..", "latin1").toString("base64");
  const url = `data:image/gif;base64,${gif}`;
  const stored = (data: JsonObject) => {
    const body = JSON.stringify(data);
    const item = { seq: 7, partId: "prt_1", body, preview: null, byteSize: body.length };
    return { item: item as unknown as NonNullable<PartView["item"]> };
  };

  test("of a file, with the place that it will take", () => {
    const data = { type: "file", mime: "image/gif", filename: "a.gif", url };
    const html = drawPart(data, stored(data));
    expect(html).toContain('src="/file/7?at=/url&amp;from=0"');
    expect(html).toContain('alt="a.gif"');
    expect(html).toContain("aspect-ratio:1.3333");
    expectHarmless(html);
  });

  test("of Markdown, and of one whose bytes are more than a text may have", () => {
    for (const padding of ["", "A".repeat(100_000)]) {
      const data = { type: "text", text: `See\n\n![the plot](${url}${padding})\n\nthere` };
      const html = drawPart(data, stored(data));
      expect(html).toContain('src="/file/7?at=/text&amp;from=17"');
      expect(html).toContain('alt="the plot"');
      expectHarmless(html);
    }
  });

  test("not before they are stored, and not when they are none", () => {
    const data = { type: "file", mime: "image/gif", filename: "a.gif", url };
    expect(drawPart(data)).not.toContain("<img");
    const page = { ...data, url: `data:image/png;base64,${btoa("<script>alert(1)</script>")}` };
    const html = drawPart(page, stored(page));
    expect(html).not.toContain("<img");
    expect(html).toContain('download="a.gif"');
  });

  test("not when they would fill the memory of the reader", () => {
    const bomb = Buffer.from("GIF89a\u00ff\u00ff\u00ff\u00ff", "latin1").toString("base64");
    const data = { type: "file", filename: "a.gif", url: `data:image/gif;base64,${bomb}` };
    expect(drawPart(data, stored(data))).toMatch(/65,535 × 65,535 pixels: too large to show/);
  });
});

describe("a part of any shape is drawn", () => {
  const odd: unknown[] = [null, 7, "text", [], [null], {}, { a: { b: [] } }, true];
  test.each([...partRenderers.keys(), "reasoning", "tool"])("%s", (type) => {
    for (const value of odd) {
      const names = "text entries files error time tokens cost url state tool name data summary";
      const data = Object.fromEntries(names.split(" ").map((name) => [name, value]));
      expect(() => drawPart({ ...data, type })).not.toThrow();
    }
  });

  test.each(everyTool)("a call of %s", (tool) => {
    for (const value of odd) {
      const names = "input output metadata time error attachments title status";
      const state = Object.fromEntries(names.split(" ").map((name) => [name, value]));
      expect(() => drawTool(tool, state)).not.toThrow();
      const members = "command questions todos edits filePath url prompt plan";
      const input = Object.fromEntries(members.split(" ").map((name) => [name, value]));
      expect(() =>
        drawTool(tool, { input, metadata: { diffs: value, summary: value } }),
      ).not.toThrow();
    }
  });
});

describe("what is not there is said", () => {
  const item = {
    type: "part",
    messageId: "msg_1",
    partId: "prt_1",
    firstSeq: 1,
    seq: 7,
    body: null,
    byteSize: 2_400_000,
    preview: '{"type":"text","text":"the beginning',
    deleted: false,
  } as unknown as NonNullable<PartView["item"]>;

  test("a body that was not sent whole has its size and a way to the rest", () => {
    const html = drawPart({ type: "text", text: "the beginning" }, { item });
    expect(html).toContain("the beginning");
    expect(html).toMatch(/2\.4 MB, showing the first 8\.2 KB/);
    expect(html).toContain("Load all");
    expect(html).toContain('href="/body/7" download="item-7.json"');
  });

  test("a body that is too large for any page can only be downloaded", () => {
    const html = drawPart({ type: "text", text: "x" }, { item: { ...item, byteSize: 40_000_000 } });
    expect(html).not.toContain("Load all");
    expect(html).toContain("Download");
  });

  test("a deleted part, and one that was not stored", () => {
    expect(drawPart({ type: "text" }, { item: { ...item, deleted: true } })).toContain("Deleted");
    const gone = { ...item, preview: null, byteSize: 61_000_000 };
    expect(drawPart({ type: "text" }, { item: gone })).toContain("not stored");
  });

  test("a long output says how much of it is shown", () => {
    const html = drawTool("bash", {
      input: { command: "x" },
      output: "line of output\n".repeat(20_000),
    });
    expect(html).toMatch(/300 KB of text, showing the first 66 KB/);
    expect(html).toContain("Show all");
  });
});

test("a text that was meant as a notice says how serious it is, and nothing else is taken for one", () => {
  const notice = { severity: "warning", title: "Ripe", description: "Soon gone" };
  const text = { type: "text", text: "Ripe\n\nSoon gone", metadata: { notice } };
  expect(drawPart(text)).toContain('aria-label="warning"');
  const other = drawPart({ ...text, text: "Something else" });
  expect(other).toContain("Something else");
  expect(other).not.toContain("Ripe");
});

test("a compaction is under way only while its turn runs", () => {
  const part = partOf({ type: "compaction", status: "in_progress" });
  expect(draw(<Part part={part} isTurnRunning />)).toContain("is shortening its memory");
  expect(draw(<Part part={part} isTurnRunning={false} />)).toContain("did not finish");
});

test("the JSON of every part is a press away", () => {
  for (const type of partRenderers.keys()) expect(drawPart({ type })).toMatch(/raw JSON/);
  expect(drawTool("bash", {})).toContain("Raw JSON");
});

test("an error inside a part stays inside it until the part changes", () => {
  const derive = PartBoundary.getDerivedStateFromProps;
  const props = { fallback: null, children: null, resetKey: "one" };
  const failed = { failedKey: null, ...PartBoundary.getDerivedStateFromError() };
  const kept = { ...failed, ...derive(props, failed) };
  expect(kept.hasFailed).toBe(true);
  expect({ ...kept, ...derive(props, kept) }.hasFailed).toBe(true);
  expect({ ...kept, ...derive({ ...props, resetKey: "two" }, kept) }.hasFailed).toBe(false);
});
