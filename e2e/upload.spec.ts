import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page, Route } from "@playwright/test";
import { findViolations } from "./support/find-violations.ts";
import { documentOf, largeDocument, turnItems, writeFileIn } from "./support/session-files.ts";
import { agentArticles, ownArticles } from "./support/session-page.ts";
import { expect, test as base } from "./support/test.ts";

const CHUNK_BYTES = 8 * 1024 * 1024;

const test = base.extend<{ folder: string }>({
  folder: async ({}, use) => {
    const folder = await mkdtemp(path.join(tmpdir(), "millrace-files-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },
});

const row = (page: Page, name: string) => page.getByRole("listitem", { name, exact: true });
const stateOf = (page: Page, name: string) => row(page, name).locator("[data-transfer-state]");

/** Chooses files with the page's button, as a person does. */
async function choose(page: Page, button: string, files: string | string[]): Promise<void> {
  const opening = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: button }).click();
  await (await opening).setFiles(files);
}

/** Lets the first chunks of uploads through and holds all others until told. Notes the offsets that were sent. */
async function holdChunks(page: Page, { passing }: { passing: number }) {
  const offsets: number[] = [];
  const held: Route[] = [];
  let isOpen = false;
  await page.route(/\/api\/v1\/uploads\/upl_/, async (route) => {
    if (route.request().method() !== "PATCH") return route.continue();
    offsets.push(Number(route.request().headers()["upload-offset"]));
    if (isOpen || offsets.length <= passing) return route.continue();
    held.push(route);
  });
  return {
    offsets,
    isHolding: () => held.length > 0,
    open() {
      isOpen = true;
      return Promise.all(held.map((route) => route.continue().catch(ignoreAborted)));
    },
  };
}

/** The page has given the request up meanwhile. */
const ignoreAborted = () => {};

test("a dropped file is a session that can be read", async ({ page }) => {
  await page.getByRole("link", { name: "Bring a session" }).first().click();
  await expect(page.getByRole("heading", { name: "Bring a session" })).toBeVisible();
  expect(await findViolations(page)).toEqual([]);

  const text = documentOf(turnItems("Count the apples", "There are seven"));
  const dropped = await page.evaluateHandle((content) => {
    const files = new DataTransfer();
    files.items.add(new File([content], "apples.json", { type: "application/json" }));
    return files;
  }, text);
  await expect(page.getByRole("button", { name: "Choose files" })).toBeEnabled();
  await page.dispatchEvent("main", "dragover", { dataTransfer: dropped });
  await expect(page.getByText("Let go to bring them here")).toBeVisible();
  await page.dispatchEvent("main", "drop", { dataTransfer: dropped });

  await expect(row(page, "apples.json").getByText("Read", { exact: true })).toBeVisible();
  await expect(row(page, "apples.json")).toContainText("5 stored");
  expect(await findViolations(page)).toEqual([]);
  await row(page, "apples.json").getByRole("link", { name: "Open its session" }).click();
  await expect(page).toHaveURL(/\/sessions\/ses_/);
  await expect(ownArticles(page)).toContainText("Count the apples");
  await expect(agentArticles(page)).toContainText("There are seven");

  await page.goBack();
  await expect(row(page, "apples.json"), "still listed").toBeVisible();
});

test("what cannot be a session is refused in words, before anything is sent", async ({
  page,
  folder,
}) => {
  await page.goto("/upload");
  const files = [
    await writeFileIn(folder, "empty.json", ""),
    await writeFileIn(folder, "notes.md", "# Notes"),
    await writeFileIn(folder, "archive.zip", "PK\u0003\u0004"),
  ];
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await choose(page, "Choose files", files);
  await expect(row(page, "empty.json").getByRole("alert")).toHaveText("This file is empty.");
  await expect(row(page, "notes.md").getByRole("alert")).toContainText(
    "does not begin with { or [",
  );
  await expect(row(page, "archive.zip").getByRole("alert")).toContainText("ZIP archive");
  expect(requests.filter((url) => url.includes("/api/v1/uploads"))).toEqual([]);
  await page.getByRole("button", { name: "Remove notes.md" }).click();
  await expect(row(page, "notes.md")).toHaveCount(0);
});

test("a reload in the middle goes on where it was", async ({ page, folder }) => {
  page.on("dialog", (dialog) => void dialog.accept());
  const { text, itemCount } = largeDocument(2.5 * CHUNK_BYTES);
  const file = await writeFileIn(folder, "long.json", text);
  await page.goto("/upload");
  const line = await holdChunks(page, { passing: 1 });
  await choose(page, "Choose files", file);
  await expect.poll(line.isHolding).toBe(true);
  await expect(stateOf(page, "long.json")).toHaveAttribute("data-transfer-state", "sending");
  const href = await row(page, "long.json").getByRole("link").getAttribute("href");

  await page.reload();
  const left = page.getByRole("list", { name: "Left unfinished" });
  await expect(left).toContainText(`${Math.floor((100 * CHUNK_BYTES) / text.length)} %`);
  expect(await findViolations(page)).toEqual([]);

  const other = await writeFileIn(folder, "other.json", text);
  await choose(page, "Choose the file again", other);
  await expect(left.getByRole("alert")).toContainText("other.json is another file");

  await line.open();
  line.offsets.length = 0;
  await choose(page, "Choose the file again", file);
  await expect(row(page, "long.json").getByText("Read", { exact: true })).toBeVisible();
  expect(line.offsets[0], "nothing is sent twice").toBe(CHUNK_BYTES);
  await expect(row(page, "long.json").getByRole("link")).toHaveAttribute("href", href ?? "");
  await expect(row(page, "long.json")).toContainText(`${itemCount.toLocaleString("en")} stored`);
  await page.reload();
  await expect(page.getByText("Left unfinished")).toHaveCount(0);
});

test("a lost connection is told, and it goes on by itself", async ({ page, context, folder }) => {
  const { text } = largeDocument(2.5 * CHUNK_BYTES);
  const file = await writeFileIn(folder, "long.json", text);
  await page.goto("/upload");
  const line = await holdChunks(page, { passing: 1 });
  await choose(page, "Choose files", file);
  await expect.poll(line.isHolding).toBe(true);

  await context.setOffline(true);
  await expect(stateOf(page, "long.json")).toHaveText("Interrupted");
  await expect(row(page, "long.json")).toContainText("You are offline. It goes on by itself.");
  await line.open();
  await context.setOffline(false);
  await expect(row(page, "long.json").getByText("Read", { exact: true })).toBeVisible();

  await row(page, "long.json").getByRole("link").click();
  await page.getByRole("button", { name: "Session menu" }).click();
  await page.getByRole("menuitem", { name: "Uploads and coverage" }).click();
  const sha256 = createHash("sha256").update(text).digest("hex");
  await expect(page.getByTitle(sha256)).toBeVisible();
});

test("a server that is away is tried again", async ({ page, folder }) => {
  const file = await writeFileIn(folder, "apples.json", documentOf(turnItems("Hi", "Hello")));
  await page.goto("/upload");
  await page.route(/\/api\/v1\/uploads$/, (route) => route.abort(), { times: 2 });
  await choose(page, "Choose files", file);
  await expect(row(page, "apples.json").getByText("Read", { exact: true })).toBeVisible();
});

test("a large file is read while it arrives, and what was read stays when it is cancelled", async ({
  page,
  folder,
}) => {
  const { text } = largeDocument(2.5 * CHUNK_BYTES);
  const file = await writeFileIn(folder, "long.json", text);
  await page.goto("/upload");
  const line = await holdChunks(page, { passing: 1 });
  await choose(page, "Choose files", file);
  await expect.poll(line.isHolding).toBe(true);
  await row(page, "long.json").getByRole("link", { name: "Open its session" }).click();
  await expect(page).toHaveURL(/\/sessions\/ses_/);
  const href = page.url();
  await expect(ownArticles(page).filter({ hasText: "Make it larger" })).toBeVisible();
  const notice = page.getByRole("region", { name: "On its way" });
  await expect(notice).toContainText(/of 2\d MB arrived · [\d,]+ items readable/);
  await expect(notice).toContainText("Arriving");

  await page.goBack();
  await page.getByRole("button", { name: "Cancel long.json" }).click();
  await expect(row(page, "long.json")).toHaveCount(0);
  await page.goto(href);
  await expect(ownArticles(page).last()).toBeVisible();
  await expect(notice).toHaveCount(0);

  await page.goto(`${href}#uploads`);
  const panel = page.getByLabel("Uploads and coverage", { exact: true });
  await expect(panel).toContainText(
    /Cancelled after 8\.4 MB: [\d,]+ items that had arrived are kept/,
  );
  await expect(panel).toContainText("None, but 1 upload was cancelled.");
  await page.goto("/uploads/failed");
  await expect(page.getByText("Nothing failed")).toBeVisible();
});

test("sending can be paused, gone on with, and cancelled", async ({ page, folder }) => {
  // One item: nothing of it can be read before its end.
  const data = {
    id: "prt_1",
    messageID: "msg_1",
    type: "text",
    text: "x".repeat(2.5 * CHUNK_BYTES),
  };
  const text = documentOf([{ type: "part", data }]);
  const file = await writeFileIn(folder, "long.json", text);
  await page.goto("/upload");
  const line = await holdChunks(page, { passing: 1 });
  await choose(page, "Choose files", file);
  await expect.poll(line.isHolding).toBe(true);
  const href = (await row(page, "long.json").getByRole("link").getAttribute("href")) ?? "";

  await choose(page, "Choose files", file);
  await expect(page.getByText("On its way already: long.json")).toBeVisible();
  await page.getByRole("button", { name: "Pause long.json" }).click();
  await expect(stateOf(page, "long.json")).toHaveText("Paused");
  await page.getByRole("button", { name: "Go on with long.json" }).click();
  await expect.poll(() => line.offsets.length).toBe(3);
  expect(line.offsets).toEqual([0, CHUNK_BYTES, CHUNK_BYTES]);

  await page.getByRole("button", { name: "Cancel long.json" }).click();
  await expect(row(page, "long.json")).toHaveCount(0);
  expect((await page.request.get(href)).status()).toBe(404);
  await page.reload();
  await expect(page.getByRole("button", { name: "Choose files" })).toBeEnabled();
  await expect(page.getByText("Left unfinished")).toHaveCount(0);
});

test("a file that is brought again, longer by now, is the same session", async ({
  page,
  folder,
}) => {
  const [first = [], ...more] = ["Are they ripe?", "And the plums?"].map((prompt) =>
    turnItems(prompt, "Yes"),
  );
  const session = { type: "session", data: { id: "orchard-1" } };
  await page.goto("/upload");
  const short = await writeFileIn(folder, "short.json", documentOf([session, ...first]));
  await choose(page, "Choose files", short);
  await expect(row(page, "short.json").getByText("Read", { exact: true })).toBeVisible();
  await expect(row(page, "short.json")).not.toContainText("here already");
  const long = await writeFileIn(
    folder,
    "long.json",
    documentOf([session, ...first, ...more.flat()]),
  );
  await choose(page, "Choose files", long);
  await expect(row(page, "long.json").getByText("Read", { exact: true })).toBeVisible();
  await expect(row(page, "long.json")).toContainText("This session is here already");
  const href = (name: string) => row(page, name).getByRole("link").getAttribute("href");
  expect(await href("long.json")).toBe(await href("short.json"));
  await row(page, "long.json").getByRole("link").click();
  await expect(ownArticles(page)).toHaveCount(2);
});

test("a session that this page made goes when its file is cancelled", async ({ page, folder }) => {
  const session = { type: "session", data: { id: "orchard-2" } };
  const text = `${JSON.stringify(session)}\n`.padEnd(2.5 * CHUNK_BYTES, " ");
  const file = await writeFileIn(folder, "named.ndjson", text);
  await page.goto("/upload");
  const line = await holdChunks(page, { passing: 1 });
  await choose(page, "Choose files", file);
  await expect.poll(line.isHolding).toBe(true);
  const href = (await row(page, "named.ndjson").getByRole("link").getAttribute("href")) ?? "";
  const discarded = page.waitForResponse(/session\.discard/);
  await page.getByRole("button", { name: "Cancel named.ndjson" }).click();
  expect((await discarded).ok()).toBe(true);
  expect((await page.request.get(href)).status()).toBe(404);
});

test("a file is added to a session that is there", async ({ page, folder }) => {
  const first = await writeFileIn(folder, "first.json", documentOf(turnItems("One", "First")));
  const second = await writeFileIn(folder, "second.json", documentOf(turnItems("Two", "Second")));
  await page.goto("/upload");
  await choose(page, "Choose files", first);
  await expect(row(page, "first.json").getByText("Read", { exact: true })).toBeVisible();
  await row(page, "first.json").getByRole("link").click();
  await page.getByRole("button", { name: "Session menu" }).click();
  await page.getByRole("menuitem", { name: "Add a file" }).click();
  await expect(page.getByRole("heading", { name: "Add to a session" })).toBeVisible();
  await choose(page, "Choose files", second);
  await expect(row(page, "second.json").getByText("Read", { exact: true })).toBeVisible();
  await row(page, "second.json").getByRole("link").click();
  await expect(ownArticles(page)).toHaveCount(2);
  const missing = await page.goto("/upload?session=ses_nowhere");
  expect(missing?.status()).toBe(404);
});
