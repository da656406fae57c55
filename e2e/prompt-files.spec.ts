import type { Page } from "@playwright/test";
import { findViolations } from "./support/find-violations.ts";
import {
  agentArticles,
  expectStatus,
  ownArticles,
  startByRequest,
} from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

/** One pixel. */
const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const composer = (page: Page) => page.getByRole("textbox", { name: "Follow-up" });

async function pastePicture(page: Page): Promise<void> {
  await composer(page).evaluate((textarea, base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], "mill.png", { type: "image/png" }));
    const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    textarea.dispatchEvent(paste);
  }, PICTURE);
}

test("a pasted picture goes with the prompt, in the mode that was chosen; / lists commands", async ({
  page,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@say hello",
    environment: { MILLRACE_BUILT_IN_TEST: "1" },
  });
  await expectStatus(page, "idle");

  await pastePicture(page);
  await expect(page.getByText("1 file attached")).toBeAttached();
  await page.getByRole("button", { name: /^Mode:\s*Build$/ }).click();
  await page.getByRole("menuitemradio", { name: /^Plan/ }).click();
  const planNext = page.getByRole("button", { name: /^Mode:\s*Plan\s*· next$/ });
  await expect(planNext).toBeVisible();

  await page.reload();
  await expect(planNext).toBeEnabled();
  await expect(page.getByRole("button", { name: "Remove mill.png" })).toBeVisible();
  await composer(page).fill("/");
  const commands = page.getByRole("listbox", { name: "Commands" });
  await expect(commands.getByRole("option")).toHaveCount(2);
  expect(await findViolations(page), "commands and files").toEqual([]);
  await composer(page).press("ArrowDown");
  await composer(page).press("Enter");
  await expect(composer(page)).toHaveValue("/search ");
  await expect(commands).toBeHidden();

  await composer(page).fill("@files");
  await composer(page).press("Enter");
  await expect(agentArticles(page).last()).toContainText("image image/png 70");
  await expect(ownArticles(page).last().getByRole("img", { name: "mill.png" })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Mode:\s*Plan$/ })).toBeVisible();
  await expect(page.getByRole("list", { name: "Files" })).toBeHidden();
});
