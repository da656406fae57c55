import type { Page } from "@playwright/test";
import { createSessionId } from "#lib/ids.ts";
import { findViolations } from "./support/find-violations.ts";
import { documentOf, turnItems } from "./support/session-files.ts";
import { postAsPage } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

interface Brought {
  title: string;
  prompt: string;
  answer?: string;
  output?: string;
  parentId?: string;
}

/** Brings a session of one turn here, as a program would. Returns its id. */
async function bring(page: Page, { title, prompt, answer, output, parentId }: Brought) {
  const sessionId = createSessionId();
  const made = await postAsPage(page, "/api/v1/sessions", { sessionId, title });
  expect(made.status, made.text).toBeLessThan(300);
  const info = {
    type: "session",
    data: { id: sessionId, ...(parentId && { parentID: parentId }) },
  };
  const document = documentOf([info, ...turnItems(prompt, answer ?? "Done", output)]);
  const sent = await postAsPage(page, `/api/v1/sessions/${sessionId}/ingest`, JSON.parse(document));
  expect(sent.status, sent.text).toBeLessThan(300);
  return sessionId;
}

const list = (page: Page) => page.getByRole("list", { name: "Sessions", exact: true });
const row = (page: Page, title: string) => list(page).getByRole("link", { name: title });
const search = (page: Page) => page.getByRole("searchbox", { name: "Search sessions" });
const toast = (page: Page) => page.getByRole("status").filter({ hasText: /session/ });

test("a session is found by what was said in it, and the page opens at the place", async ({
  page,
}) => {
  await bring(page, { title: "Mill", prompt: "Turn the wheel", answer: "It grinds buckwheat" });
  await bring(page, { title: "Bakery", prompt: "Bake bread" });
  // The key and what is typed after it are there before any script of the page is.
  let letScriptsCome = () => {};
  const scriptsMayCome = new Promise<void>((resolve) => (letScriptsCome = resolve));
  await page.route("**/_next/static/**/*.js", async (route) => {
    await scriptsMayCome;
    await route.continue();
  });
  await page.goto("/sessions", { waitUntil: "commit" });
  await expect(row(page, "Mill")).toBeVisible();
  await page.keyboard.press("/");
  await expect(search(page)).toBeFocused();
  await page.keyboard.type("grinds");
  letScriptsCome();
  await expect(list(page).getByRole("listitem")).toHaveCount(1);
  await expect(page).toHaveURL(/\?q=grinds$/);
  await page.unrouteAll({ behavior: "wait" });
  await search(page).fill("buckwh");
  await expect(list(page).getByRole("listitem")).toHaveCount(1);
  await expect(row(page, "Mill")).toContainText("Answer · It grinds buckwheat");
  await expect(list(page).locator("mark")).toHaveText("buckwh");
  await expect(page).toHaveURL(/\?q=buckwh$/);
  expect(await findViolations(page), "hits").toEqual([]);

  await page.reload();
  await expect(row(page, "Mill")).toBeVisible();
  await row(page, "Mill").click();
  await expect(page).toHaveURL(/\/sessions\/ses_\w+#prt_\w+$/);
  await expect(page.getByText("It grinds buckwheat")).toBeVisible();
  const marked = () =>
    page.evaluate(() =>
      [...(CSS.highlights.get("found-now") ?? [])].map(
        ({ startContainer, startOffset, endOffset }) =>
          startContainer.textContent?.slice(startOffset, endOffset),
      ),
    );
  await expect.poll(marked).toEqual(["buckwh"]);

  await page.goBack();
  await search(page).fill("no such words");
  await expect(page.getByText("Nothing matches “no such words”.")).toBeVisible();
  await page.getByRole("button", { name: "Show all sessions" }).click();
  await expect(list(page).getByRole("listitem")).toHaveCount(2);
  await expect(page).toHaveURL(/\/sessions$/);
});

test("rows are selected and filed with the keyboard, and taken back", async ({ page }) => {
  for (const title of ["One", "Two", "Three"]) await bring(page, { title, prompt: title });
  await page.goto("/sessions");
  await expect(list(page).getByRole("listitem")).toHaveCount(3);

  // The server's own page has rows, and no keys yet.
  await expect(async () => {
    await page.keyboard.press("j");
    await expect(row(page, "Three")).toBeFocused({ timeout: 1_000 });
  }).toPass();
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  const bar = page.getByRole("toolbar", { name: "Selected sessions" });
  await expect(bar).toContainText("2 sessions selected");
  await page.keyboard.press("#");
  await expect(toast(page)).toContainText("2 sessions moved to the trash.");
  await expect(list(page).getByRole("listitem")).toHaveCount(1);
  await expect(bar).toBeHidden();

  await page.keyboard.press("z");
  await expect(list(page).getByRole("listitem")).toHaveCount(3);

  await row(page, "One").focus();
  await page.keyboard.press("p");
  await expect(list(page).getByRole("listitem").first()).toContainText("One");
  await page.keyboard.press("e");
  await expect(toast(page)).toContainText("1 session archived.");
  await expect(list(page).getByRole("listitem")).toHaveCount(2);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.getByRole("menuitemradio", { name: "Archived", exact: true }).click();
  await expect(list(page).getByRole("listitem")).toHaveCount(1);
  await expect(row(page, "One")).toContainText("Archived");
  await expect(page).toHaveURL(/\?shelf=archive$/);
});

test("the trash gives back, and deletes for good after a question", async ({ page }) => {
  await bring(page, { title: "Keep", prompt: "a" });
  await bring(page, { title: "Lose", prompt: "b" });
  await page.goto("/sessions");
  for (const title of ["Keep", "Lose"]) {
    await page.getByRole("button", { name: `Menu of ${title}` }).click();
    await page.getByRole("menuitem", { name: "Move to the trash" }).click();
    await expect(row(page, title)).toBeHidden();
  }
  await expect(
    page.getByText("No session was started here yet, or all are put away."),
  ).toBeVisible();
  await page.getByRole("link", { name: "Trash" }).click();
  await expect(page.getByRole("heading", { name: "Trash" })).toBeVisible();
  expect(await findViolations(page), "trash").toEqual([]);
  await expect(row(page, "Keep")).toContainText("In the trash");
  await expect(row(page, "Keep")).toContainText(/Deleted for good on \d+ \w+ \d{4}/);
  await page.getByRole("button", { name: "Restore: Keep" }).click();
  await expect(row(page, "Keep")).toBeHidden();
  await page.getByRole("button", { name: "Menu of Lose" }).click();
  await page.getByRole("menuitem", { name: "Delete for good …" }).click();
  await expect(page.getByRole("button", { name: "Keep it" })).toBeFocused();
  await page.getByRole("button", { name: "Delete for good", exact: true }).click();
  await expect(page.getByText("The trash is empty.")).toBeVisible();
  await page.goto("/sessions");
  await expect(list(page).getByRole("listitem")).toHaveCount(1);
});

test("a session that was put away is read only until it is restored", async ({ page }) => {
  const sessionId = await bring(page, { title: "Away", prompt: "Read me" });
  await page.goto(`/sessions/${sessionId}`);
  await page.getByRole("button", { name: "Session menu" }).click();
  await page.getByRole("menuitem", { name: "Move to the trash" }).click();
  await expect(page.getByText("This session is in the trash.")).toBeVisible();
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await expect(page.getByText("This session is in the trash.")).toBeHidden();
});

test("what was written since somebody looked is marked, until they look", async ({ page }) => {
  const sessionId = await bring(page, { title: "News", prompt: "First" });
  await page.goto("/sessions");
  await expect(row(page, "News")).toContainText("Unread");
  await row(page, "News").click();
  await page.waitForResponse((response) => response.url().includes("session.markRead"));
  await page.goto("/sessions");
  await expect(row(page, "News")).not.toContainText("Unread");
  const more = JSON.parse(documentOf(turnItems("Second", "Done")));
  await postAsPage(page, `/api/v1/sessions/${sessionId}/ingest`, more);
  await page.reload();
  await expect(row(page, "News")).toContainText("Unread");
});

test("sessions that belong to another stand below it", async ({ page }) => {
  const parentId = await bring(page, { title: "Parent", prompt: "Delegate" });
  await bring(page, { title: "Child", prompt: "Help", parentId });
  await page.goto("/sessions");
  await expect(row(page, "Parent")).toBeVisible();
  await expect(row(page, "Child")).toBeHidden();
  await page.getByRole("button", { name: "1 sub-session" }).click();
  const children = page.getByRole("list", { name: "Sub-sessions of Parent" });
  await expect(children.getByRole("link", { name: "Child" })).toBeVisible();
});

test("a rename from the list shows at once, also in another window", async ({ page, context }) => {
  await bring(page, { title: "Old name", prompt: "a" });
  await page.goto("/sessions");
  const other = await context.newPage();
  await other.goto("/sessions");
  await expect(row(other, "Old name")).toBeVisible();
  await page.getByRole("button", { name: "Menu of Old name" }).click();
  await page.getByRole("menuitem", { name: "Rename …" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("New name");
  await page.keyboard.press("Enter");
  await expect(row(page, "New name")).toBeVisible();
  await expect(row(other, "New name")).toBeVisible();
});

test("the palette finds sessions by what was said in them", async ({ page }) => {
  await bring(page, { title: "Mill", prompt: "Turn the wheel", output: "grindstone turning" });
  await page.goto("/");
  const field = page.getByRole("combobox", { name: "Find a session or an action" });
  await expect(async () => {
    await page.reload();
    await page.keyboard.press("Control+k");
    await field.fill("grindst");
    await expect(page.getByRole("option", { name: /Mill/ })).toContainText("grindstone", {
      timeout: 1_500,
    });
  }).toPass();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/sessions\/ses_\w+#prt_/);
});

test("on a phone nothing scrolls sideways but the filters", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await bring(page, { title: "A rather long title ".repeat(8), prompt: "x".repeat(500) });
  await page.goto("/sessions");
  await expect(list(page).getByRole("listitem")).toHaveCount(1);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
});

test("a title cannot turn around the words that stand beside it", async ({ page }) => {
  const sessionId = await bring(page, { title: "Pay \u202elive\u202c", prompt: "a" });
  for (const address of ["/sessions", `/sessions/${sessionId}`]) {
    await page.goto(address);
    await expect(page.getByText("Pay ⟨U+202E⟩live⟨U+202C⟩").first()).toBeVisible();
    const texts = await page.evaluate(() => [
      document.title,
      document.body.innerText,
      ...Array.from(document.body.querySelectorAll("[aria-label], [title]"), (element) =>
        [element.getAttribute("aria-label"), element.getAttribute("title")].join(" "),
      ),
    ]);
    expect(texts.filter((text) => /[\u202a-\u202e]/.test(text))).toEqual([]);
  }
});
