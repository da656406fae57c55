import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { BrowserContext, Page } from "@playwright/test";
import { createSessionId } from "#lib/ids.ts";
import { promptIdOf, sessionDocument, TURN_ITEMS } from "#e2e/support/large-session.ts";
import { interleave, median, reportBench } from "./support/bench.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { startMillrace } from "./support/bench-servers.ts";
import { buildMillrace } from "./support/build.ts";
import { launchBrowser } from "./support/launch-browser.ts";
import { signInForBench } from "./support/sign-in-for-bench.ts";
import { noteFrames, notePaint, readFrames, type Load } from "./viewer/page-probes.ts";

// A session of 100,000 items beside one of 100, and beside a page that loads the whole of it as JSON before it shows the
// first message: until that is painted, with everything from an empty cache. Then the way to the middle, and scrolling
// from one end to the other.

const SMALL_TURNS = 2;
const LARGE_TURNS = Math.ceil(100_000 / TURN_ITEMS);
const SCROLL_PX_PER_FRAME = 400;
const SCROLL_TIMEOUT_MS = 300_000;
const VIEWPORT = { width: 1_440, height: 900 };

buildMillrace();
const bench = await openBenchDatabase();
const cookie = await signInForBench(bench);
const server = await startMillrace({
  dataDir: join(bench.dataDir, "viewer"),
  environment: { DATABASE_URL: bench.url, MIN_FREE_DISK_BYTES: "1", LOG_LEVEL: "warn" },
});
const small = await bringSession(SMALL_TURNS);
const large = await bringSession(LARGE_TURNS);
const snapshot = await startSnapshotHost();
const browser = await launchBrowser();

const longTasksMs: number[] = [];
const jumpsMs: number[] = [];
const loads = await interleave({
  contenders: {
    small: async () => (await load(sessionUrl(small))).paintedMs,
    large: async () => {
      const { paintedMs, longestTaskMs } = await load(sessionUrl(large), jump);
      longTasksMs.push(longestTaskMs);
      return paintedMs;
    },
    snapshot: async () => (await load(snapshot.url)).paintedMs,
  },
  repetitions: 5,
  warmUps: 1,
});
const scrolling = await scrollThrough();
await browser.close();
snapshot.close();
await server.stop();
await bench.close();

console.log(`longest tasks while loading: ${longTasksMs.map(Math.round).join(", ")} ms`);
console.log(
  `to the middle: ${jumpsMs.map(Math.round).join(", ")} ms; scrolled to the end: ${scrolling.reachedEnd}`,
);
reportBench({
  name: "viewer",
  ratios: {
    vs_snapshot_paint: median(loads.large) / median(loads.snapshot),
    vs_small_paint: median(loads.large) / median(loads.small),
    vs_50_ms_task: median(longTasksMs) / 50,
    vs_first_load_jump: median(jumpsMs) / median(loads.large),
    slow_frames: scrolling.reachedEnd ? scrolling.slowShare : Number.NaN,
  },
  goals: {
    vs_snapshot_paint: { atMost: 1 / 8 },
    vs_small_paint: { atMost: 1.5 },
    vs_50_ms_task: { atMost: 1 },
    vs_first_load_jump: { atMost: 3 },
    slow_frames: { atMost: 0.05 },
  },
});

function sessionUrl(sessionId: string): string {
  return `${server.url}/sessions/${sessionId}`;
}

/** Brings a session and waits until nothing of it is under way. */
async function bringSession(turnCount: number): Promise<string> {
  const sessionId = createSessionId();
  const headers = { cookie, origin: server.url, "content-type": "application/json" };
  const response = await fetch(`${server.url}/api/v1/sessions/${sessionId}/ingest`, {
    method: "POST",
    headers,
    body: Readable.toWeb(Readable.from(sessionDocument(turnCount))) as ReadableStream,
    duplex: "half",
  } as RequestInit);
  if (!response.ok) throw new Error(`The session was answered with ${response.status}`);
  const { status } = (await response.json()) as { status: string };
  for (;;) {
    const answer = await fetch(`${server.url}${status}`, { headers });
    const { upload } = (await answer.json()) as { upload: { state: string } };
    if (upload.state === "done") return sessionId;
    if (upload.state === "failed") throw new Error("The session was not stored");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** A page of a browser that has nothing cached. */
async function openPage(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const [name = "", value = ""] = cookie.split("=", 2);
  await context.addCookies([{ name, value, url: server.url }]);
  const page = await context.newPage();
  // Functions that go into the page were compiled with a helper that is not there.
  await page.addInitScript("globalThis.__name = (value) => value");
  await page.addInitScript(notePaint);
  return { context, page };
}

async function load(url: string, then?: (page: Page) => Promise<void>): Promise<Load> {
  const { context, page } = await openPage();
  await page.goto(url, { waitUntil: "networkidle" });
  await page.waitForFunction(() => globalThis.pageLoad?.paintedMs !== undefined);
  const { paintedMs = Number.NaN, longestTaskMs } = await page.evaluate(() => globalThis.pageLoad!);
  await then?.(page);
  await context.close();
  return { paintedMs, longestTaskMs };
}

async function jump(page: Page): Promise<void> {
  const middleId = promptIdOf(Math.floor(LARGE_TURNS / 2));
  jumpsMs.push(
    await page.evaluate(async (id) => {
      const beganMs = performance.now();
      location.hash = id;
      for (;;) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const top = document.getElementById(id)?.getBoundingClientRect().top;
        if (top !== undefined && top >= 0 && top < innerHeight) break;
      }
      return performance.now() - beganMs;
    }, middleId),
  );
}

async function scrollThrough(): Promise<{ slowShare: number; reachedEnd: boolean }> {
  const { context, page } = await openPage();
  await page.goto(sessionUrl(large), { waitUntil: "networkidle" });
  const limits = { pxPerFrame: SCROLL_PX_PER_FRAME, timeoutMs: SCROLL_TIMEOUT_MS };
  const reachedEnd = await page.evaluate(noteFrames, limits);
  const { slow, all } = await page.evaluate(readFrames);
  console.log(`frames while scrolling: ${all}, of which above 50 ms: ${slow}`);
  await context.close();
  return { slowShare: slow / all, reachedEnd };
}

/** Serves the large session whole, and a page that does nothing but load it and show its first message. */
async function startSnapshotHost() {
  const json = Buffer.from([...sessionDocument(LARGE_TURNS)].join(""));
  const html = `<!doctype html><title>Snapshot</title><main></main><script type="module">
    const { data } = await (await fetch("/session.json")).json();
    const article = document.createElement("article");
    article.ariaLabel = "You";
    article.textContent = data.find(({ type }) => type === "part").data.text;
    document.querySelector("main").append(article);
  </script>`;
  const host = createServer((request, response) => {
    const isJson = request.url === "/session.json";
    response.setHeader("content-type", isJson ? "application/json" : "text/html");
    response.end(isJson ? json : html);
  });
  host.listen(0, "127.0.0.1");
  await once(host, "listening");
  const { port } = host.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => host.close() };
}
