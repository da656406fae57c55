import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { findViolations } from "./support/find-violations.ts";
import { expectStatus, requestSession } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const run = promisify(execFile);

test("what a session has changed is pushed to a branch, once the git server knows the team", async ({
  page,
  gitFolder,
  gitServer,
  repositoryUrl,
}) => {
  const sessionId = await requestSession(page, {
    repository: repositoryUrl,
    prompt: "@write plums.txt",
    environment: { MILLRACE_BUILT_IN_TEST: "1" },
  });
  // The agent works meanwhile.
  const { host } = new URL(gitServer.url);
  await page.goto("/settings");
  await page.getByRole("button", { name: "Add a credential" }).click();
  const token = page.getByRole("form", { name: "Token for a git server" });
  await token.getByLabel("Host").fill(host);
  await token.getByLabel("Token", { exact: true }).fill("apples-and-pears");
  await token.getByRole("button", { name: "Set token" }).click();
  await expect(page.getByRole("list", { name: "Git credentials" })).toContainText(host);

  await page.goto(`/sessions/${sessionId}`);
  await expectStatus(page, "idle");
  const section = page.getByRole("region", { name: "Push to a branch" });
  const openPanel = async () => {
    await page.getByRole("button", { name: "Session menu" }).click();
    await page.getByRole("menuitem", { name: "Files changed" }).click();
  };
  await openPanel();
  await section.getByRole("button", { name: "Push to a branch" }).click();
  const form = section.getByRole("form", { name: "Push to a branch" });
  await expect(form.getByLabel("Branch")).toBeFocused();
  await expect(form.getByLabel("Branch")).toHaveValue(/^millrace\/write-plums-txt-/);
  await form.getByLabel("Branch").fill("a..b");
  await page.keyboard.press("Enter");
  await expect(form.getByRole("alert")).toHaveText("This is not a valid branch name");
  expect(await findViolations(page, '[aria-label="Push to a branch"]')).toEqual([]);
  await form.getByLabel("Branch").fill("plums");
  await form.getByLabel("Commit message").fill("Add plums");
  await form.getByRole("button", { name: "Push", exact: true }).click();
  await expect(section).toContainText(/Pushed to\s*plums/);
  await expect(section).toBeFocused();

  await page.reload();
  await openPanel();
  await expect(section).toContainText(/Pushed to\s*plums/);
  await expect(section.getByRole("button", { name: "Push again" })).toBeEnabled();
  const cwd = path.join(gitFolder, "orchard.git");
  const { stdout } = await run("git", ["log", "-1", "--format=%s", "plums"], { cwd });
  expect(stdout).toBe("Add plums\n");
});
