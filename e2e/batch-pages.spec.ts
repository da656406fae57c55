import type { Page } from "@playwright/test";
import { findViolations } from "./support/find-violations.ts";
import { documentOf, turnItems } from "./support/session-files.ts";
import { expect, test } from "./support/test.ts";

test.use({ serverEnvironment: async ({ agent }, use) => use(agent.environment) });

interface GivenFile {
  name: string;
  text: string;
}

/** Chooses files with the page's button, as a person does. */
async function choose(page: Page, button: string, files: GivenFile[]): Promise<void> {
  const opening = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: button }).click();
  await (
    await opening
  ).setFiles(
    files.map(({ name, text }) => ({
      name,
      mimeType: name.endsWith(".csv") ? "text/csv" : "application/json",
      buffer: Buffer.from(text),
    })),
  );
}

const line = (page: Page, index: number) =>
  page
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name: `${index}`, exact: true }) });

const batchMark = (page: Page) => page.locator("[data-batch-state]");

test("a table is looked at before anything is sent, then its sessions start and are watched", async ({
  page,
  agent,
  repositoryUrl,
}) => {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/batches")) sent.push(request.method());
  });
  await page.goto("/");
  await page.getByRole("link", { name: "many at once" }).click();
  const text = `task,repo\n"Count the pears,\nall of them",${repositoryUrl}\n,${repositoryUrl}\nCount the plums,nonsense\nCount the plums,${repositoryUrl}\n`;
  await choose(page, "Choose files", [{ name: "starts.csv", text }]);
  await page.getByRole("button", { name: "Agent" }).click();
  await page.getByRole("menuitemradio", { name: "Recorder" }).click();
  await expect(page.getByText("2 rows have a problem and are left out.")).toBeVisible();
  await page.getByLabel("Only 2 rows with a problem").check();
  const preview = page.getByRole("region", { name: "What will start" });
  await expect(preview.getByRole("row").nth(1)).toContainText("The prompt is missing");
  await expect(preview.getByRole("row").nth(2)).toContainText("Write a repository as");
  expect(sent).toEqual([]);

  await page.getByRole("button", { name: "Start 2 sessions" }).click();
  await expect(page).toHaveURL(/\/batches\/bat_/);
  await expect(page.getByRole("img", { name: /^2 lines:/ })).toBeVisible();
  await expect(batchMark(page)).toHaveText("Done", { timeout: 30_000 });
  await expect(page.getByRole("img", { name: /^2 lines: 2 done/ })).toBeVisible();
  const prompts = ["Count the pears,\nall of them", "Count the plums"];
  expect((await agent.readPrompts()).toSorted()).toEqual(prompts);
  await expect(line(page, 1)).toContainText("Done");
  await line(page, 1).getByRole("link", { name: "Count the plums" }).click();
  await expect(page).toHaveURL(/\/sessions\/ses_/);
  await page.goto("/batches");
  await expect(page.getByRole("list", { name: "Batches" })).toContainText("2 done");
});

test("many files are one batch; one that cannot be read says why, and goes again corrected", async ({
  page,
}) => {
  const good = documentOf(turnItems("Count the apples", "There are seven"));
  const long = documentOf(turnItems("Count the cherries", "x".repeat(200_000)));
  await page.goto("/batches/new");
  await choose(page, "Choose files", [
    { name: "10-cherries.json", text: long },
    { name: "2-apples.json", text: good },
    { name: "3-pears.json", text: good.slice(0, -5) },
    { name: "notes.txt", text: "Buy apples" },
  ]);
  await expect(page.getByText("1 file has a problem and is left out.")).toBeVisible();
  await expect(page.getByText(/This is no session.*It stays here/)).toBeVisible();
  await page.getByRole("button", { name: "Import 3 sessions" }).click();
  await expect(page).toHaveURL(/\/batches\/bat_/);
  await expect(batchMark(page)).toHaveText("Done, some failed", { timeout: 20_000 });
  await expect(page.getByRole("list", { name: "Why lines failed" })).toHaveText(/1Not JSON/);
  await expect(line(page, 1)).toContainText("Failed");
  await expect(page.getByRole("button", { name: /^Retry/ })).toBeHidden();

  await expect(page.getByRole("heading", { name: "1 line could not be read" })).toBeVisible();
  await choose(page, "Choose the file again", [{ name: "3-pears.json", text: good }]);
  await expect(batchMark(page)).toHaveText("Done", { timeout: 20_000 });
  await expect(page.getByRole("button", { name: "Choose the file again" })).toBeHidden();
  await line(page, 2).getByRole("link").click();
  await expect(page.getByRole("article", { name: "Agent" })).toContainText("xxxx");
});

test("a tab that was closed while it sent loses nothing: the rest goes when the file is chosen again", async ({
  page,
  context,
}) => {
  const text = Array.from({ length: 60 }, (_, n) =>
    JSON.stringify({ index: n, data: [], note: "n".repeat(110_000) }),
  ).join("\n");
  await page.route(/\/items\?firstIndex=[1-9]/, (route) => route.abort());
  await page.goto("/batches/new");
  await choose(page, "Choose files", [{ name: "lines.ndjson", text }]);
  await page.getByRole("button", { name: "Import 60 sessions" }).click();
  const sending = page.getByRole("region", { name: "Sending" });
  await expect(sending).toContainText("39 of 60 lines");
  await expect(sending).toContainText("It goes on by itself.");
  const address = page.url();
  await page.close();

  const later = await context.newPage();
  await later.goto(address);
  await expect(later.getByRole("heading", { name: "21 lines have not arrived" })).toBeVisible();
  await expect(later.getByText("Missing: 39–59.")).toBeVisible();
  await choose(later, "Choose the file again", [{ name: "other.ndjson", text }]);
  await expect(
    later.getByText(/other\.ndjson is another file: choose lines\.ndjson/),
  ).toBeVisible();
  const posted = later.waitForRequest(/\/items\?firstIndex/);
  await choose(later, "Choose the file again", [{ name: "lines.ndjson", text }]);
  expect((await posted).url()).toContain("firstIndex=39");
  await expect(later.getByText("Sent from this page: 21 accepted")).toBeVisible();
  await expect(batchMark(later)).toHaveText("Done", { timeout: 30_000 });
});

test("keys alone make a batch and read it, and axe finds nothing serious", async ({
  page,
  repositoryUrl,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const overflow = () =>
    page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  await page.goto("/batches");
  expect([await findViolations(page), await overflow()]).toEqual([[], 0]);
  await page.getByRole("link", { name: "New batch" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Prompts").focus();
  await page.keyboard.type("Count the pears\n---\nCount the plums");
  await page.keyboard.press("Tab");
  await page.keyboard.type(`${repositoryUrl}-gone`);
  await expect(page.getByRole("button", { name: "Start 2 sessions" })).toBeEnabled();
  expect([await findViolations(page), await overflow()]).toEqual([[], 0]);
  await page.getByRole("button", { name: "Start 2 sessions" }).focus();
  await page.keyboard.press("Enter");
  await expect(batchMark(page)).toHaveText("Failed", { timeout: 40_000 });
  expect([await findViolations(page), await overflow()]).toEqual([[], 0]);

  await page.getByRole("button", { name: /^Failed 2/ }).focus();
  await page.keyboard.press("Space");
  await expect(page.getByRole("rowheader")).toHaveText(["0", "1"]);
  await page.getByLabel("Go to index").focus();
  await page.keyboard.type("1");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("rowheader")).toHaveText(["1"]);
  const retried = page.waitForResponse(/batch\.retry/);
  await page.getByRole("button", { name: "Retry index 1" }).focus();
  await page.keyboard.press("Enter");
  expect((await retried).status()).toBe(200);
});
