import type { Page } from "@playwright/test";
import {
  bringSession,
  LAST_WORDS,
  TURN_ITEMS,
  type LargeSession,
} from "./support/large-session.ts";
import { expect, test } from "./support/test.ts";

const SMALL_TURNS = 2;
const LARGE_TURNS = Math.ceil(100_000 / TURN_ITEMS);
/** What the first load of any session may take at most. */
const BUDGET = { bytes: 2_500_000, nodes: 3_000, heapBytes: 40_000_000 };
/** A hundred thousand items may cost so much more than a hundred. */
const TOLERANCE = 1.2;

interface Cost {
  bytes: number;
  nodes: number;
  heapBytes: number;
}

/** Opens a session with nothing cached and tells what that took, once the page is quiet. */
async function measureFirstLoad(page: Page, sessionId: string): Promise<Cost> {
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  await client.send("Network.setCacheDisabled", { cacheDisabled: true });
  let bytes = 0;
  client.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto("about:blank");
  await page.goto(`/sessions/${sessionId}`, { waitUntil: "networkidle" });
  await expect(page.getByRole("banner").locator("[data-connection=live]")).toBeVisible();
  await client.send("HeapProfiler.collectGarbage");
  const heapBytes = (await client.send("Runtime.getHeapUsage")).usedSize;
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  await client.detach();
  return { bytes, nodes, heapBytes };
}

const heapOf = async (page: Page) => {
  const client = await page.context().newCDPSession(page);
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  await client.detach();
  return usedSize;
};

const prompt = (page: Page, turn: number) =>
  page.getByRole("article").getByText(`Turn ${turn}: look`, { exact: false });
const lastAnswer = (page: Page, { lastPartId }: LargeSession) =>
  page.locator(`[id="${lastPartId}"]`);

test("a session of 100,000 items loads, and is read, like one of 100", async ({ app, page }) => {
  test.setTimeout(300_000);
  const small = await bringSession(page, { turnCount: SMALL_TURNS, url: app.url });
  const large = await bringSession(page, { turnCount: LARGE_TURNS, url: app.url });
  expect(large.itemCount).toBeGreaterThanOrEqual(100_000);

  await test.step("its first load costs the same", async () => {
    await measureFirstLoad(page, small.sessionId);
    const ofSmall = await measureFirstLoad(page, small.sessionId);
    const ofLarge = await measureFirstLoad(page, large.sessionId);
    console.log({ ofSmall, ofLarge });
    for (const name of ["bytes", "nodes", "heapBytes"] as const) {
      expect(ofLarge[name], name).toBeLessThanOrEqual(ofSmall[name] * TOLERANCE);
      expect(ofLarge[name], name).toBeLessThanOrEqual(BUDGET[name]);
    }
  });

  await test.step("a link reaches its last item, and the back button returns", async () => {
    await page.goto("about:blank");
    await page.goto(`/sessions/${large.sessionId}#${large.lastPartId}`);
    await expect(lastAnswer(page, large)).toBeInViewport();
    await expect(lastAnswer(page, large)).toContainText(LAST_WORDS);
  });

  await test.step("what is said in it is found where it is not loaded", async () => {
    await page.goto("about:blank");
    await page.goto(`/sessions/${large.sessionId}`);
    await expect(prompt(page, 1)).toBeVisible();
    // It has its keys by then.
    await expect(page.getByRole("banner").locator("[data-connection=live]")).toBeVisible();
    await page.keyboard.press("f");
    await page.getByLabel("Find in this session").fill(LAST_WORDS.toUpperCase());
    await expect(page.getByText("1 of 1 match", { exact: true })).toBeVisible({ timeout: 60_000 });
    await expect(lastAnswer(page, large)).toBeInViewport();
    await page.getByLabel("Find in this session").fill("tree 5 of the orchard");
    const matches = Math.ceil((LARGE_TURNS - 5) / 97);
    await expect(page.getByText(`1 of ${matches} matches`, { exact: true })).toBeVisible({
      timeout: 60_000,
    });
    await expect(prompt(page, 6)).toBeInViewport();
    await page.getByRole("button", { name: "Previous match" }).click();
    await expect(prompt(page, 6 + 97 * (matches - 1))).toBeInViewport();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("search")).toBeHidden();
  });

  await test.step("its outline leads to any turn, and back leads to where one was", async () => {
    await page.keyboard.press("t");
    const outline = page.getByLabel("Outline", { exact: true });
    await outline.getByText("Turn 150: look").click();
    await expect(prompt(page, 150)).toBeInViewport();
    const address = page.url();
    await outline.getByText("Turn 20: look").click();
    await expect(prompt(page, 20)).toBeInViewport();
    await page.goBack();
    await expect(prompt(page, 150)).toBeInViewport();
    expect(page.url()).toBe(address);
    await page.keyboard.press("t");
  });

  await test.step("the latest is a key away, and reading up from there brings what is before", async () => {
    await page.keyboard.press("g");
    await expect(lastAnswer(page, large)).toBeInViewport();
    await expect(async () => {
      await page.keyboard.press("K");
      await expect(prompt(page, LARGE_TURNS - 11)).toBeInViewport({ timeout: 300 });
    }).toPass();
  });

  await test.step("reading on and on holds no more than a part of it", async () => {
    await page.goto("about:blank");
    await page.goto(`/sessions/${large.sessionId}`);
    const before = await heapOf(page);
    await page.mouse.move(400, 400);
    const reached = () => page.locator("[data-prompt]").last().innerText();
    const turnOf = async () => Number(/Turn (\d+)/.exec(await reached())?.[1]);
    for (let turn = await turnOf(); turn < 80; turn = await turnOf())
      await page.mouse.wheel(0, 1_500);
    expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(8_000);
    expect(await heapOf(page)).toBeLessThan(before + 30_000_000);
  });
});
