import type { Page } from "@playwright/test";
import { createSessionId } from "#lib/ids.ts";
import { findViolations } from "./support/find-violations.ts";
import { documentOf, largeDocument, turnItems } from "./support/session-files.ts";
import { agentArticles, ownArticles, preparation } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const panel = (page: Page) => page.getByLabel("Uploads and coverage", { exact: true });

/** Brings a document with two items that are refused; returns the session. */
async function bringWithHoles(page: Page): Promise<string> {
  const sessionId = createSessionId();
  const holes = [
    { type: "part", data: { text: "whose am I" } },
    { type: "message", data: { id: "a/b", role: "user" } },
  ];
  const items = turnItems("Count the apples", "There are seven", "x".repeat(5_000));
  const text = JSON.stringify({ data: [...items, ...holes], telemetry: { clicks: 3 } });
  const answer = await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: Buffer.from(text),
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return sessionId;
}

test("what was skipped leads to its ledger, beside coverage, counts and weights", async ({
  page,
}) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`/sessions/${await bringWithHoles(page)}`);
  const badge = page.getByRole("link", { name: "2 items skipped" });
  await badge.click();
  await expect(page).toHaveURL(/#skipped$/);

  const ledger = panel(page).getByRole("list", { name: "Skipped items" });
  await expect(ledger.getByRole("listitem")).toHaveCount(2);
  await expect(ledger.getByRole("listitem").first()).toContainText("item 5");
  await expect(panel(page).getByRole("region", { name: "Coverage" })).toContainText(
    /\d+(\.\d)? % ?recognised.*2 skipped items and 1 unknown member.*telemetry/s,
  );
  const upload = panel(page).getByRole("list", { name: "Uploads" });
  await expect(upload).toContainText("5 stored");
  await expect(upload).toContainText("2 skipped");
  const byKind = panel(page).getByRole("list", { name: "By kind" });
  await expect(byKind.getByRole("listitem").first()).toContainText(/Tool calls5\.\d KB · \d+ %/);
  await expect(panel(page).getByRole("list", { name: "By tool" })).toContainText("bash");
  await expect(panel(page).getByRole("list", { name: "By turn" }).getByRole("link")).toHaveText(
    "1. Count the apples",
  );
  expect(await findViolations(page)).toEqual([]);

  await page.keyboard.press("Escape");
  await expect(panel(page)).toHaveCount(0);
  await expect(badge).toBeFocused();
  await expect(page).not.toHaveURL(/#/);
});

test("a link of the page that is pressed before React has the page still leads to its place", async ({
  page,
}) => {
  // The router has read the address and not yet written it back: between the two the link is followed.
  await page.addInitScript(() => {
    const write = history.replaceState;
    history.replaceState = (...state) => {
      history.replaceState = write;
      location.hash = "skipped";
      history.replaceState(...state);
    };
  });
  await page.goto(`/sessions/${await bringWithHoles(page)}`);
  await expect(panel(page).getByRole("list", { name: "Skipped items" })).toBeVisible();
  await expect(page).toHaveURL(/#skipped$/);
});

test("a session of which every item was skipped says so, and why", async ({ page }) => {
  const sessionId = createSessionId();
  const text = documentOf([1, 2, 3].map(() => ({ type: "user", uuid: "of another format" })));
  await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: Buffer.from(text),
  });
  await page.goto(`/sessions/${sessionId}`);
  const content = page.getByRole("main");
  await expect(content).toContainText("3 items came, and none was stored.");
  await content.getByRole("link", { name: "3 items skipped" }).click();
  const ledger = panel(page).getByRole("list", { name: "Skipped items" });
  await expect(ledger.getByRole("listitem")).toHaveCount(3);
});

test("on a phone the panel lies over the page, and its address opens it", async ({ page }) => {
  const sessionId = await bringWithHoles(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/sessions/${sessionId}#skipped`);
  await expect(panel(page)).toBeVisible();
  await expect(panel(page).getByRole("list", { name: "By tool" })).toContainText("bash");
  expect(await findViolations(page)).toEqual([]);
  const overflow = () =>
    page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  expect(await overflow()).toBe(0);
  await page.keyboard.press("Escape");
  await expect(panel(page)).toHaveCount(0);
  for (const address of ["/upload", "/uploads/failed"]) {
    await page.goto(address);
    expect(await overflow(), address).toBe(0);
  }
});

test("a session that is still arriving says how far it is, then fills by itself", async ({
  page,
}) => {
  const sessionId = createSessionId();
  const text = documentOf(turnItems("Count the apples", "There are seven"));
  const encoded = (value: string) => Buffer.from(value).toString("base64");
  const created = await page.request.post("/api/v1/uploads", {
    headers: {
      "tus-resumable": "1.0.0",
      "upload-length": String(Buffer.byteLength(text)),
      "upload-metadata": `sessionId ${encoded(sessionId)},filename ${encoded("apples.json")},encoding ${encoded("identity")}`,
    },
  });
  expect(created.status(), await created.text()).toBe(201);

  await page.goto(`/sessions/${sessionId}`);
  const notice = page.getByRole("region", { name: "On its way" });
  await expect(notice).toContainText("apples.json");
  await expect(notice).toContainText(/0 B of .* arrived/);
  await expect(notice.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "0");
  await expect(page.getByRole("link", { name: "Arriving 0 %" })).toBeVisible();
  await expect(preparation(page), "there is nothing to prepare").toHaveCount(0);

  const sent = await page.request.patch(created.headers()["location"] ?? "", {
    headers: {
      "tus-resumable": "1.0.0",
      "upload-offset": "0",
      "content-type": "application/offset+octet-stream",
    },
    data: Buffer.from(text),
  });
  expect(sent.status()).toBe(204);
  await expect(ownArticles(page)).toContainText("Count the apples");
  await expect(agentArticles(page)).toContainText("There are seven");
  await expect(notice).toHaveCount(0);
  await expect(page.getByRole("link", { name: /Arriving|Being read/ })).toHaveCount(0);
});

test("a broken file fails where it is broken, waits among the failed ones, and can be replayed", async ({
  page,
}) => {
  const sessionId = createSessionId();
  const { text } = largeDocument(2_000_000);
  const end = text.length - 1_000;
  const broken = `${text.slice(0, end)}\u0001`;
  const answer = await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: Buffer.from(broken),
  });
  expect(answer.status(), await answer.text()).toBe(202);

  await page.goto(`/sessions/${sessionId}`);
  await expect(ownArticles(page).first()).toContainText("Make it larger");
  await page.getByRole("link", { name: "1 upload failed" }).click();
  const upload = panel(page).getByRole("list", { name: "Uploads" });
  await expect(upload).toContainText(`At byte ${end.toLocaleString("en")}`);
  const download = page.waitForEvent("download");
  await upload.getByRole("link", { name: "Download" }).click();
  await expect.poll(async () => (await download).suggestedFilename()).toMatch(/\.json$/);

  await page.goto("/uploads/failed");
  const letters = page.getByRole("list", { name: "Failed uploads" });
  await expect(letters).toContainText(`At byte ${end.toLocaleString("en")}`);
  expect(await findViolations(page)).toEqual([]);
  const replayed = page.waitForResponse(/upload\.replay/);
  await letters.getByRole("button", { name: "Replay" }).click();
  expect((await replayed).ok()).toBe(true);
  await expect(async () => {
    await page.reload();
    await expect(letters).toContainText("1 attempt", { timeout: 1_000 });
  }).toPass();
  await letters.getByRole("link", { name: /./ }).first().click();
  await expect(page).toHaveURL(new RegExp(`${sessionId}#uploads$`));
  await expect(panel(page)).toBeVisible();
});

test("a session without anything in it says what can be done", async ({ page }) => {
  const sessionId = createSessionId();
  const answer = await page.request.post("/api/v1/sessions", { data: { sessionId } });
  expect(answer.status(), await answer.text()).toBe(201);
  await page.goto(`/sessions/${sessionId}`);
  await page.getByRole("link", { name: "Choose a file" }).click();
  await expect(page.getByRole("heading", { name: "Add to a session" })).toBeVisible();
});
