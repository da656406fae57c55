import { agentArticles, expectStatus, ownArticles, startByForm } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

test("a prompt and a repository lead to a finished run", async ({ page, repositoryUrl }) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });

  await expect(ownArticles(page)).toContainText("Show me around");
  await expectStatus(page, "idle");
  await expect(agentArticles(page).last()).toContainText("MILLRACE-TOUR.md");
  await expect(page.getByRole("main").getByRole("alert")).toHaveCount(0);
});

test("a finished run takes a second prompt", async ({ page, repositoryUrl }) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  await expectStatus(page, "idle");

  await page.getByLabel("Follow-up").fill("And once more");
  await page.getByLabel("Follow-up").press("Enter");

  await expect(ownArticles(page)).toHaveCount(2);
  await expect(ownArticles(page).last()).toContainText("And once more");
  await expect(agentArticles(page)).toHaveCount(2);
  await expectStatus(page, "idle");
});

test("a follow-up that is sent while the repository is cloned waits behind the first prompt", async ({
  page,
  gitServer,
  repositoryUrl,
}) => {
  await test.step("a git host that does not answer yet", async () => {
    gitServer.hold();
    await startByForm(page, { repository: repositoryUrl, prompt: "Show me around" });
  });

  await expect(
    page.getByRole("status").filter({ hasText: "Cloning the repository" }),
  ).toBeAttached();
  await page.getByLabel("Follow-up").fill("And the tests");
  await page.getByRole("button", { name: "Queue" }).click();
  await expect(page.getByRole("list", { name: "Waiting" })).toContainText("And the tests");

  gitServer.release();
  await expect(ownArticles(page)).toHaveCount(2);
  await expect(ownArticles(page).last()).toContainText("And the tests");
  await expectStatus(page, "idle");
});

test("the list names a session and leads back to it", async ({ page, repositoryUrl }) => {
  await startByForm(page, { repository: repositoryUrl, prompt: "Count the apples" });
  const address = page.url();
  await expectStatus(page, "idle");

  await page.goto("/sessions");
  // These servers have no sandbox: every page says so.
  await expect(page.getByText("Unsafe: no sandbox. Agents run with")).toBeVisible();
  await page
    .getByRole("link", { name: /Count the apples/ })
    .first()
    .click();

  await expect(page).toHaveURL(address);
  await expect(ownArticles(page)).toContainText("Count the apples");
  await page.getByRole("banner").getByRole("button", { name: "Unsafe: no sandbox" }).press("Enter");
  await expect(page.getByRole("banner").getByText("with the rights of this server")).toBeVisible();
});

test("an address without a page is not spoken of as a session", async ({ page }) => {
  await page.goto("/nowhere");
  await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
  await expect(page.getByRole("main")).not.toContainText("deleted");
  await page.goto("/sessions/ses_nowhere");
  await expect(page.getByRole("main")).toContainText("The session was deleted");
});
