import type { Page } from "@playwright/test";
import { createGitRepository } from "./support/git-repository.ts";
import {
  expectStatus,
  ownArticles,
  preparation,
  startByForm,
  startByRequest,
} from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

/** Built-in agent lines such as `@exit 3` are obeyed only by an agent that was told so. */
const testAgent = { MILLRACE_BUILT_IN_TEST: "1" };

/** The failed step says why, the prompt is still there, and both ways out are offered. */
async function expectFailure(page: Page, message: RegExp): Promise<void> {
  await expectStatus(page, "failed");
  await expect(preparation(page)).toContainText(message);
  await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Discard" })).toBeVisible();
}

test("an unknown repository fails the clone, and Retry works once it is there", async ({
  page,
  gitFolder,
  gitServer,
}) => {
  await startByForm(page, { repository: `${gitServer.url}/later.git`, prompt: "Show me around" });
  await expectFailure(page, /later\.git|not found|repository/i);

  await test.step("somebody makes the repository", () => createGitRepository(gitFolder, "later"));
  await page.getByRole("button", { name: "Retry" }).click();

  await expectStatus(page, "idle");
  await expect(ownArticles(page)).toHaveCount(1);
});

test("an unknown branch is named", async ({ page, repositoryUrl }) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Look",
    branch: "no/such/branch",
  });
  await expectFailure(page, /no\/such\/branch/);
});

test("a branch that exists is checked out", async ({ page, repositoryUrl }) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Look",
    branch: "feature/plums",
  });
  await expectStatus(page, "idle");
  await expect(page.getByText("feature/plums").first()).toBeVisible();
});

test("a failing setup command shows the end of its output", async ({ page, repositoryUrl }) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Look",
    setupCommands: ["echo the well is dry; exit 7"],
  });
  await expectFailure(page, /7|setup/i);
  await expect(page.getByText("the well is dry").first()).toBeVisible();
});

test("a setup command that works prepares what the agent finds", async ({
  page,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Look",
    setupCommands: ["echo ripe > harvest.txt", "grep -q ripe harvest.txt"],
  });
  await expectStatus(page, "idle");
});

test.describe("with an agent that is not on this machine", () => {
  const ghost = { ghost: { label: "Ghost", command: "/nowhere/ghost" } };
  test.use({ serverEnvironment: { AGENT_COMMANDS: JSON.stringify(ghost) } });

  test("the agent step fails and names it", async ({ page, repositoryUrl }) => {
    await startByRequest(page, { repository: repositoryUrl, prompt: "Look", agent: "ghost" });
    await expectFailure(page, /ghost/i);
  });
});

test("an agent that exits at the first prompt keeps the prompt for a Retry", async ({
  page,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@exit 3",
    environment: testAgent,
  });
  await expectFailure(page, /3|exit|ended/i);
  await expect(page.getByText("@exit 3").first()).toBeVisible();

  await page.getByRole("button", { name: "Retry" }).click();
  await expectFailure(page, /3|exit|ended/i);
});

test("Discard forgets a session that never worked", async ({ page, gitServer }) => {
  await startByForm(page, { repository: `${gitServer.url}/nowhere.git`, prompt: "Lost words" });
  await expectFailure(page, /nowhere\.git|not found|repository/i);

  await page.getByRole("button", { name: "Discard" }).click();
  const confirmation = page.getByRole("dialog").getByRole("button", { name: "Discard" });
  if (await confirmation.isVisible()) await confirmation.click();

  await expect(page).not.toHaveURL(/\/sessions\/ses_/);
  await page.goto("/sessions");
  await expect(page.getByText("Lost words")).toHaveCount(0);
});
