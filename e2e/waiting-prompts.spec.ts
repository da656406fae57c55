import type { Page } from "@playwright/test";
import { startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const testAgent = { MILLRACE_BUILT_IN_TEST: "1" };

const composer = (page: Page) => page.getByLabel("Follow-up");
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function queue(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
  await expect(page.getByRole("list", { name: "Waiting" })).toContainText(text);
}

test("the focus stays among the prompts that wait when they are changed and taken back by keyboard (#7)", async ({
  page,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@hang",
    environment: testAgent,
  });
  await queue(page, "apples");
  await queue(page, "pears");
  const field = page.getByLabel("Waiting prompt");

  await button(page, "Edit prompt: apples").press("Enter");
  await field.press("Escape");
  await expect(button(page, "Edit prompt: apples")).toBeFocused();

  await page.keyboard.press("Enter");
  await field.fill("plums");
  await field.press("Enter");
  await expect(button(page, "Edit prompt: plums")).toBeFocused();

  await button(page, "Cancel prompt: plums").press("Enter");
  await expect(button(page, "Edit prompt: pears")).toBeFocused();
  await button(page, "Cancel prompt: pears").press("Enter");
  await expect(composer(page)).toBeFocused();
});

test("what fails of a prompt's files is said to be in its way, until it is removed (#7)", async ({
  page,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@hang",
    environment: testAgent,
  });
  await composer(page).fill("Read it");
  const chosen = page.waitForEvent("filechooser");
  await button(page, "Attach files").click();
  await (
    await chosen
  ).setFiles({
    name: "empty.txt",
    mimeType: "text/plain",
    buffer: Buffer.alloc(0),
  });
  await expect(page.getByText("Held up by a file that was not sent: remove it.")).toBeVisible();
  await expect(button(page, "Queue")).toBeDisabled();
  await button(page, "Remove empty.txt").click();
  await expect(button(page, "Queue")).toBeEnabled();
});

test.describe("where silence is told soon", () => {
  test.use({ serverEnvironment: { STALL_AFTER_MS: "1000" } });

  test("an agent that never says its first word is said to be silent, and can be stopped (#7)", async ({
    page,
    repositoryUrl,
  }) => {
    await startByRequest(page, {
      repository: repositoryUrl,
      prompt: "@hang",
      environment: testAgent,
    });
    const bar = page.getByRole("region", { name: "No sign of life" });
    await bar.getByRole("button", { name: "Stop the turn" }).click();
    await expect(bar).toBeHidden();
    await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  });
});
