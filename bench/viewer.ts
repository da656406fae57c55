import { join } from "node:path";
import { Readable } from "node:stream";
import type { BrowserContext, Page } from "@playwright/test";
import { createSessionId } from "#lib/ids.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { log } from "#server/log.ts";
import { promptIdOf, sessionDocument, TURN_ITEMS } from "#e2e/support/large-session.ts";
import { interleave, median, reportBench } from "./support/bench.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { startMillrace } from "./support/bench-servers.ts";
import { buildMillrace } from "./support/build.ts";
import { launchBrowser } from "./support/launch-browser.ts";
import { signInForBench } from "./support/sign-in-for-bench.ts";
import { awaitFollowers } from "./viewer/await-followers.ts";
import { measureLongestTask } from "./viewer/longest-task.ts";
import { noteFrames, notePaint, readFrames, type Load } from "./viewer/page-probes.ts";
import { startSnapshotHost } from "./viewer/snapshot-host.ts";

// A session of 100,000 items beside one of 100, and beside a page that loads the whole of it as a snapshot before it
// shows the first message: until that is painted, with everything from an empty cache. Then the longest task of a load,
// the way to the middle, and scrolling from one end to the other.
//
// The peer has what the product's page has, styles and the same component for a message, and nothing of what it has
// beside: no login, no list of sessions, no compression. Its snapshot comes out of the same database, by the product's
// own export, which gives it two advantages (no HTTP server of ours, and a process that does nothing else). Until
// November 2026 it was a file in memory, drawn as bare text: of that one, with the same component, the ratio is shown
// too, and has no goal, because no server has its sessions like that.
// The longest task is told in processor time: what else the machine does only makes it longer. By the clock it is
// printed.

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
await awaitFollowers(bench.database);
const blobs = createFsBlobStore({ rootPath: join(bench.dataDir, "viewer/blobs") });
const snapshot = await startSnapshotHost({ database: bench.database, blobs, log }, large);
const browser = await launchBrowser();

const observedTasksMs: number[] = [];
const jumpsMs: number[] = [];
const loads = await interleave({
  contenders: {
    small: async () => (await load(sessionUrl(small))).paintedMs,
    large: async () => {
      const { paintedMs, longestTaskMs } = await load(sessionUrl(large), jump);
      observedTasksMs.push(longestTaskMs);
      return paintedMs;
    },
    snapshot: async () => (await load(snapshot.storedUrl)).paintedMs,
    heldSnapshot: async () => (await load(snapshot.heldUrl)).paintedMs,
  },
  repetitions: 7,
  // A server that people use has compiled what it does for each of them; so has the one that the snapshot comes from.
  warmUps: 3,
});
const { task: tasksMs } = await interleave({ contenders: { task: longestTask } });
const scrolling = await scrollThrough();
await browser.close();
snapshot.close();
await server.stop();
await bench.close();

console.log(
  `longest tasks while loading, by the clock: ${observedTasksMs.map(Math.round).join(", ")} ms`,
);
console.log(
  `to the middle: ${jumpsMs.map(Math.round).join(", ")} ms; scrolled to the end: ${scrolling.reachedEnd}`,
);
reportBench({
  name: "viewer",
  ratios: {
    vs_snapshot_paint: median(loads.large) / median(loads.snapshot),
    vs_held_snapshot_paint: median(loads.large) / median(loads.heldSnapshot),
    vs_small_paint: median(loads.large) / median(loads.small),
    vs_50_ms_task: median(tasksMs) / 50,
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

async function longestTask(): Promise<number> {
  const { context, page } = await openPage();
  const url = sessionUrl(large);
  const run = async () => void (await page.goto(url, { waitUntil: "networkidle" }));
  const longestMs = await measureLongestTask(browser, { page, url, run });
  await context.close();
  return longestMs;
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
