import { readFile, writeFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { createSessionId } from "#lib/ids.ts";
import { findViolations } from "./support/find-violations.ts";
import { documentOf, turnItems } from "./support/session-files.ts";
import { agentArticles } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

async function bring(page: Page, document: string): Promise<string> {
  const sessionId = createSessionId();
  const answer = await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: Buffer.from(document),
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return sessionId;
}

async function download(page: Page, form: string): Promise<{ name: string; text: string }> {
  const dialog = page.getByRole("dialog", { name: "Export this session" });
  await dialog.getByRole("radio", { name: form }).check();
  const started = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download" }).click();
  const file = await started;
  await expect(dialog).toHaveCount(0);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

test("a session leaves as a file without leaving its page, and comes back as it was", async ({
  page,
}) => {
  const items = turnItems("Count the pears", "There are <b>nine</b>");
  const sessionId = await bring(page, documentOf(items));
  await page.goto(`/sessions/${sessionId}`);
  await expect(agentArticles(page)).toHaveCount(1);

  await page.getByRole("button", { name: "Session menu" }).click();
  await page.getByRole("menuitem", { name: "Export …" }).click();
  const dialog = page.getByRole("dialog", { name: "Export this session" });
  await expect(dialog).toContainText(/About [\d.]+ .?B: 2 messages and 3 parts/);
  expect(await findViolations(page)).toEqual([]);
  const lines = await download(page, "NDJSON");
  expect(lines.name).toMatch(/\.ndjson$/);
  expect(lines.text.trimEnd().split("\n")).toHaveLength(items.length + 2);
  await expect(page).toHaveURL(new RegExp(`${sessionId}$`));

  const copyId = await bring(page, lines.text);
  await page.goto(`/sessions/${copyId}`);
  await expect(agentArticles(page)).toContainText("There are");
  await expect(page.getByRole("link", { name: /skipped/ })).toHaveCount(0);

  await page.keyboard.press("e");
  const page2 = await download(page, "HTML page");
  expect(page2.text).toContain("There are &lt;b&gt;nine&lt;/b&gt;");
});

test("an exported page shows a session's text, and runs and loads nothing of it", async ({
  page,
}, testInfo) => {
  const hostile = [
    "<script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title = 'run'\">",
    "</div></main><iframe src='http://127.0.0.1:1/'></iframe>",
    "<a href=\"javascript:document.title='run'\">link</a>",
    "<svg onload=\"document.title = 'run'\"></svg>",
  ].join("\n");
  const items = turnItems(hostile, hostile, hostile);
  const sessionId = await bring(page, documentOf(items));
  await page.goto(`/sessions/${sessionId}`);
  await page.getByRole("main").waitFor();
  await page.keyboard.press("e");
  const { text } = await download(page, "HTML page");
  const path = testInfo.outputPath("session.html");
  await writeFile(path, text);

  // As somebody opens it who was sent the file: nothing but the file itself protects him.
  const opened = await page.context().newPage();
  const asked: string[] = [];
  opened.on("request", (request) => asked.push(request.url()));
  await opened.goto(`file://${path}`);
  await opened.getByText("Ran", { exact: true }).click();
  await expect(opened.getByText("<script>").first()).toBeVisible();
  expect(await opened.locator("script, iframe, svg, a, img").count()).toBe(0);
  expect(await opened.title()).not.toBe("run");
  expect(asked).toEqual([`file://${path}`]);
  // Its own sheet is allowed by its own policy.
  await expect(opened.locator("pre").first()).toHaveCSS("white-space", "pre-wrap");
  expect(await findViolations(opened)).toEqual([]);
});
