import type { Locator, Page } from "@playwright/test";
import { findViolations } from "./support/find-violations.ts";
import { agentArticles, cutSockets, expectStatus, startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const testAgent = { MILLRACE_BUILT_IN_TEST: "1" };

/** What the agent asks for leave for. */
const leaveCard = (page: Page): Locator =>
  page.getByRole("group", { name: "The agent wants to run a command" });

test("what the agent asks is answered from any page, and survives reload and reconnect", async ({
  page,
  repositoryUrl,
}) => {
  const sessionId = await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@plan done look, doing test\n@ask npm test\n@ask npm run lint\n@question Which one?",
    permissions: "ask",
    environment: testAgent,
  });
  await expectStatus(page, "needs_you");
  await expect(leaveCard(page)).toContainText("npm test");
  await expect(page).toHaveTitle(/^Needs you: /);
  await expect(page.getByText("Plan: 1 of 2 done")).toBeVisible();
  expect(await findViolations(page), "a card").toEqual([]);

  const other = await page.context().newPage();
  await other.goto(`/sessions/${sessionId}`);
  await expect(leaveCard(other)).toContainText("npm test");
  await page.reload();
  await expect(leaveCard(page).getByRole("button", { name: "Reject" })).toBeEnabled();
  await cutSockets(page);
  await other.keyboard.press("2");
  await expect(leaveCard(page)).toContainText("npm run lint");
  await leaveCard(page).getByRole("button", { name: "Reject" }).click();

  const question = other.getByRole("group", { name: "The agent has a question" });
  await expect(question).toContainText("Which one?");
  const tag = question.getByLabel("Tag");
  await tag.fill("far too long");
  await question.getByRole("button", { name: "Answer", exact: true }).click();
  await expect(question.getByRole("radio", { name: "The red one" })).toBeFocused();
  await expect(question.getByRole("radio", { name: "The green one" })).not.toBeChecked();
  // It is right again from the first letter on, and the colour still wrong: the focus stays here.
  await tag.clear();
  await tag.pressSequentially("calm");
  await expect(tag).toHaveValue("calm");
  await question.getByLabel("Reason").fill("It is calm");
  await question.getByRole("radio", { name: "The green one" }).check();
  await question.getByRole("button", { name: "Answer", exact: true }).click();

  await expectStatus(page, "idle");
  await expect(agentArticles(page)).toContainText("It is calm");
  await expect(page).not.toHaveTitle(/Needs you/);

  await page.getByRole("button", { name: "Session menu" }).click();
  await page.getByRole("menuitem", { name: "Permissions …" }).click();
  const dialog = page.getByRole("dialog", { name: "Permissions" });
  await dialog.getByRole("button", { name: "Ask again about: npm test" }).click();
  await expect(dialog).toContainText("Nothing yet.");
});
