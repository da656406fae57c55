import type { Page } from "@playwright/test";
import { createDeferred } from "#lib/create-deferred.ts";
import { createSessionId } from "#lib/ids.ts";
import { documentOf, turnItems } from "./support/session-files.ts";
import { expect, test } from "./support/test.ts";

/** More than a page of the outline holds, and than a page keeps loaded. */
const TURNS = 230;
const LAST_WORDS = "The last pear is picked";

async function bring(page: Page, sessionId: string, items: readonly object[]) {
  const response = await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: documentOf(items),
  });
  expect(response.status(), await response.text()).toBe(200);
}

/** Returns once the page has its keys and buttons. */
async function open(page: Page, sessionId: string) {
  await page.goto(`/sessions/${sessionId}`);
  await expect(page.getByRole("banner").locator("[data-connection=live]")).toBeVisible();
}

const follow = (page: Page) => page.getByRole("button", { name: /^Follow/ });
const prompt = (page: Page, turn: number) =>
  page.getByRole("article").getByText(`Turn ${turn}: look`, { exact: true });

async function find(page: Page, text: string) {
  await page.keyboard.press("f");
  await page.getByLabel("Find in this session").fill(text);
}

/** Moves the page as it moves itself: away from its end, and to it. */
async function jitter(page: Page) {
  await page.evaluate(async () => {
    for (const top of [-20, 100_000]) {
      scrollBy(0, top);
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
  });
}

/** Comes after the page has written what is on screen into its address: it does so when it has stood still for less. */
async function noted(page: Page) {
  await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
}

test("a search and the outline lead to a place and stay there (#4)", async ({ page }) => {
  const sessionId = createSessionId();
  const turns = Array.from({ length: TURNS }, (_, n) =>
    turnItems(`Turn ${n + 1}: look`, n + 1 === TURNS ? LAST_WORDS : `I looked ${n + 1} times`),
  );
  await bring(page, sessionId, turns.flat());
  const last = page.getByText(LAST_WORDS, { exact: true }).last();
  await open(page, sessionId);

  await test.step("a match at the end does not begin to follow", async () => {
    await find(page, LAST_WORDS);
    await expect(last).toBeInViewport();
    await jitter(page);
    await expect(follow(page)).toHaveAttribute("aria-pressed", "false");
    await page.keyboard.press("Escape");
  });

  await test.step("a reader who scrolls on at the end does", async () => {
    await page.mouse.move(500, 500);
    await expect(async () => {
      await page.mouse.wheel(0, 2_000);
      await expect(follow(page)).toHaveAttribute("aria-pressed", "true", { timeout: 300 });
    }).toPass();
  });

  await test.step("a search that begins at the end arrives where its match is", async () => {
    const held = createDeferred<void>();
    await page.route(/transcript\.window/, async (route) => {
      await held.promise;
      await route.continue();
    });
    const asked = page.waitForRequest(/transcript\.window.*around/);
    await find(page, "Turn 3: look");
    await asked;
    await jitter(page);
    held.resolve();
    await expect(prompt(page, 3)).toBeInViewport();
    await expect(follow(page)).toHaveAttribute("aria-pressed", "false");
    await page.unroute(/transcript\.window/);
    await page.keyboard.press("Escape");
  });

  await test.step("the outline marks the turn that is read, also beyond its first page", async () => {
    await page.keyboard.press("t");
    const current = page.getByLabel("Outline", { exact: true }).locator("[aria-current]");
    await expect(current).toContainText("Turn 3: look");
    await page.keyboard.press("g");
    await expect(last).toBeInViewport();
    await expect(current).toContainText(`Turn ${TURNS}: look`);
    await expect(current).toBeInViewport();
  });

  await test.step("back keeps the address of the place that it leads to", async () => {
    const outline = page.getByLabel("Outline", { exact: true });
    await outline.getByText("Turn 3: look", { exact: true }).click();
    await expect(prompt(page, 3)).toBeInViewport();
    const address = page.url();
    await outline.getByText("Turn 150: look", { exact: true }).click();
    await expect(prompt(page, 150)).toBeInViewport();
    const held = createDeferred<void>();
    await page.route(/transcript\.window/, async (route) => {
      await held.promise;
      await route.continue();
    });
    const asked = page.waitForRequest(/transcript\.window.*around/);
    await page.goBack();
    await asked;
    await jitter(page);
    await noted(page);
    held.resolve();
    await expect(prompt(page, 3)).toBeInViewport();
    expect(page.url()).toBe(address);
    await page.unroute(/transcript\.window/);
  });

  await test.step("Home and End lead to the beginning and the end of the session", async () => {
    await page.keyboard.press("Home");
    await expect(prompt(page, 1)).toBeInViewport();
    await page.keyboard.press("End");
    await expect(last).toBeInViewport();
    await page.keyboard.press("Home");
    await expect(prompt(page, 1)).toBeInViewport();
    await expect(follow(page)).toHaveAttribute("aria-pressed", "false");
  });
});

test("a match deep in a long output is opened, scrolled to and marked (#4)", async ({ page }) => {
  const sessionId = createSessionId();
  const output = Array.from({ length: 3_000 }, (_, n) => `line ${n + 1} of the output`).join("\n");
  await bring(page, sessionId, turnItems("Show it", "Here it is", output));
  await open(page, sessionId);
  await find(page, "LINE 2500 of");
  await expect(page.getByText("line 2500 of the output")).toBeInViewport();
  const marked = () =>
    page.evaluate(() =>
      [...(CSS.highlights.get("found") ?? [])].map(({ startContainer, startOffset, endOffset }) =>
        startContainer.textContent?.slice(startOffset, endOffset),
      ),
    );
  await expect.poll(marked).toEqual(["line 2500 of"]);
});

test("what came to a page that shows all of it is not announced as new (#4)", async ({ page }) => {
  const sessionId = createSessionId();
  await bring(page, sessionId, turnItems("First", "One"));
  const asRendered = await page.request.get(`/sessions/${sessionId}`);
  expect(await asRendered.text()).not.toMatch(/\d(?:<!-- -->)? new</);
  await open(page, sessionId);
  await bring(page, sessionId, turnItems("Second", "Two"));
  await expect(page.getByText("Two", { exact: true })).toBeInViewport();
  await expect(page.getByRole("button", { name: / new$/ })).toBeHidden();
});

test("how a session is read stays after a reload (#4)", async ({ page }) => {
  const sessionId = createSessionId();
  await bring(page, sessionId, turnItems("Show it", "Here it is"));
  await open(page, sessionId);
  const choose = async (role: "menuitem" | "menuitemradio", name: string) => {
    await page.getByRole("button", { name: "Reading" }).click();
    await page.getByRole(role, { name }).click();
  };
  const tool = page.getByRole("button", { name: /npm test/ });
  await choose("menuitemradio", "Everything");
  await expect(tool).toBeVisible();
  await choose("menuitem", "Hide tool calls");
  await expect(tool).toBeHidden();
  await page.reload();
  await expect(page.getByRole("banner").locator("[data-connection=live]")).toBeVisible();
  await expect(page.getByText("Here it is")).toBeVisible();
  await expect(tool).toBeHidden();
  await choose("menuitem", "Show tool calls");
  await expect(tool).toBeVisible();
});

test("find goes from match to match, in one part and in long ones too (#4)", async ({ page }) => {
  const sessionId = createSessionId();
  const paragraphs = (count: number, wanted: readonly number[]) =>
    Array.from({ length: count }, (_, n) => `Row ${n}${wanted.includes(n) ? " NEEDLEX" : ""}.`);
  const output = paragraphs(900, [20, 700]).join("\n");
  const answer = paragraphs(600, [100, 550]).join("\n\n");
  await bring(page, sessionId, [
    ...turnItems(paragraphs(300, [200]).join("\n"), "Read it", output),
    ...turnItems("Now you", answer),
  ]);
  await open(page, sessionId);
  await find(page, "needlex");
  const current = () =>
    page.evaluate(() => {
      const [range] = [...(CSS.highlights.get("found-now") ?? [])];
      const text = range?.startContainer.parentElement;
      const line = new Range();
      if (!range || !text) return null;
      line.setStart(range.startContainer, range.startOffset);
      line.setEnd(range.endContainer, range.endOffset);
      const { top, bottom } = line.getBoundingClientRect();
      const box = text.closest("[role=group]")?.getBoundingClientRect();
      const isInSight =
        top > Math.max(box?.top ?? 0, 80) &&
        bottom < Math.min(box?.bottom ?? innerHeight, innerHeight - 80);
      const before = range.startContainer.textContent?.slice(0, range.startOffset) ?? "";
      return isInSight ? before.split("\n").at(-1) : "out of sight";
    });
  const places = ["Row 200 ", "Row 20 ", "Row 700 ", "Row 100 ", "Row 550 "];
  for (const [index, place] of places.entries()) {
    await expect(page.getByText(`${index + 1} of 5 matches`)).toBeVisible();
    await expect.poll(current).toBe(place);
    await page.keyboard.press("Enter");
  }
  await expect.poll(current).toBe("Row 200 ");
  await page.keyboard.press("Shift+Enter");
  await expect.poll(current).toBe("Row 550 ");
  await expect(page.getByText("5 of 5 matches")).toBeVisible();
});
