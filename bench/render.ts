import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { build } from "esbuild";
import type { RenderBench } from "./render/page.tsx";
import type { RendererName } from "./render/renderers.tsx";
import { interleave, median, reportBench } from "./support/bench.ts";
import { buildMillrace } from "./support/build.ts";
import { launchBrowser } from "./support/launch-browser.ts";
import { readStyles } from "./support/read-styles.ts";

// Markdown beside react-markdown with remark-gfm. First an answer of 4 KB as the server renders it, in processor time.
// Then in a browser: the same answer at once (where both pay for the same elements of the page), and in 40 pieces of
// which each is drawn (the peer draws the whole answer anew, which is what it does). Then what would freeze a page, with
// the styles of the product: the longest time that the main thread is busy in one piece.

declare global {
  interface Window {
    renderBench: RenderBench;
  }
}

const run = promisify(execFile);
buildMillrace();
const browser = await launchBrowser();
const page = await openPage();
const cost = (name: RendererName) =>
  page.evaluate((which) => window.renderBench.perMessage(which), name);
const streamCost = (name: RendererName) =>
  page.evaluate((which) => window.renderBench.perStream(which), name);

const script = await buildProcess();
const messages = await interleave({
  contenders: {
    millrace: () => serverCost("millrace"),
    reactMarkdown: () => serverCost("reactMarkdown"),
  },
  repetitions: 5,
});
const drawn = await interleave({
  contenders: { millrace: () => cost("millrace"), reactMarkdown: () => cost("reactMarkdown") },
  repetitions: 5,
  warmUps: 2,
});
const streams = await interleave({
  contenders: {
    millrace: () => streamCost("millrace"),
    reactMarkdown: () => streamCost("reactMarkdown"),
  },
  repetitions: 5,
  warmUps: 2,
});

let worstMs = 0;
for (const name of await page.evaluate(() => window.renderBench.inputs)) {
  // What else the machine does can only add to it: the least of three is the page's own.
  const blockedMs = Math.min(await block(name), await block(name), await block(name));
  console.log(`${name}: ${blockedMs.toFixed(0)} ms`);
  worstMs = Math.max(worstMs, blockedMs);
}
await browser.close();

reportBench({
  name: "render",
  ratios: {
    vs_react_markdown_message: median(messages.millrace) / median(messages.reactMarkdown),
    vs_react_markdown_in_browser: median(drawn.millrace) / median(drawn.reactMarkdown),
    vs_react_markdown_stream: median(streams.millrace) / median(streams.reactMarkdown),
    vs_200_ms_blocking: worstMs / 200,
  },
  goals: {
    vs_react_markdown_message: { atMost: 1 / 15 },
    vs_react_markdown_stream: { atMost: 1 / 20 },
    vs_200_ms_blocking: { atMost: 1 },
  },
});

async function serverCost(name: RendererName): Promise<number> {
  const { stdout } = await run(process.execPath, [script, name], {
    env: { ...process.env, NODE_ENV: "production" },
  });
  return Number(stdout);
}

/** Beside node_modules, where the packages are; what is only loaded when it is needed stays apart. */
async function buildProcess(): Promise<string> {
  const outdir = join(import.meta.dirname, "../.cache/bench-render");
  await build({
    entryPoints: [join(import.meta.dirname, "render/render-process.ts")],
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    packages: "external",
    jsx: "automatic",
    logLevel: "error",
  });
  return join(outdir, "render-process.mjs");
}

function block(name: string): Promise<number> {
  return page.evaluate((which) => window.renderBench.blocking(which), name);
}

async function openPage(): Promise<Page> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "render/page.tsx")],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    logOverride: { "empty-import-meta": "silent" },
  });
  const opened = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await opened.goto("about:blank");
  await opened.addStyleTag({ content: readStyles() });
  await opened.addScriptTag({ content: outputFiles[0]?.text ?? "" });
  return opened;
}
