import { createServer } from "node:net";
import { expectFailure, expectNothingLeft, type Failure } from "./support/failed-preparation.ts";
import { createGitRepository } from "./support/git-repository.ts";
import { expectStatus, ownArticles, startByForm, startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const notFound: Failure = {
  step: "clone the repository (2 of 6)",
  message: "The repository was not found, or it is private",
};

test.describe("on a disk that is full", () => {
  test.use({ serverEnvironment: { MIN_FREE_DISK_BYTES: String(9 * 10 ** 15) } });

  test("the first step says how much is free and how much is needed", async ({
    page,
    app,
    gitServer,
    repositoryUrl,
  }) => {
    await startByRequest(page, { repository: repositoryUrl, prompt: "Look" });
    await expectFailure(page, {
      step: "check the disk (1 of 6)",
      message: /^Not enough disk space on the server: \d+(\.\d)? [KMGT]B free, 9 PB needed$/,
    });
    expect(gitServer.requests).toEqual([]);
    await expectNothingLeft(app);
  });
});

test("an unknown repository fails the clone, and Retry works once it is there", async ({
  page,
  app,
  gitFolder,
  gitServer,
}) => {
  await startByForm(page, { repository: `${gitServer.url}/later.git`, prompt: "Show me around" });
  await expectFailure(page, notFound);
  await expectNothingLeft(app);

  await test.step("somebody makes the repository", () => createGitRepository(gitFolder, "later"));
  await page.getByRole("button", { name: "Retry" }).click();

  await expectStatus(page, "idle");
  await expect(ownArticles(page)).toHaveCount(1);
});

test("a private repository looks like one that does not exist", async ({
  page,
  gitServer,
  repositoryUrl,
}) => {
  gitServer.failWith(401);
  await startByRequest(page, { repository: repositoryUrl, prompt: "Look" });
  await expectFailure(page, notFound);
});

test("a git server that refuses, and one that is broken, are told apart", async ({
  page,
  gitServer,
  repositoryUrl,
}) => {
  gitServer.failWith(403);
  await startByRequest(page, { repository: repositoryUrl, prompt: "Look" });
  const { step } = notFound;
  await expectFailure(page, { step, message: "The git server refused access to the repository" });

  gitServer.failWith(503);
  await startByRequest(page, { repository: repositoryUrl, prompt: "Look" });
  const message = "The git server could not be reached, or broke off";
  await expectFailure(page, { step, message });
});

test("a redirect to a private address is not followed", async ({
  page,
  app,
  gitServer,
  repositoryUrl,
}) => {
  let visitCount = 0;
  const internal = createServer((socket) => {
    visitCount += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => internal.listen(0, "127.0.0.1", resolve));
  const { port } = internal.address() as { port: number };

  gitServer.redirect("/orchard.git", `https://127.0.0.1:${port}/orchard.git`);
  await startByRequest(page, { repository: repositoryUrl, prompt: "Look" });
  await expectFailure(page, {
    step: "clone the repository (2 of 6)",
    message: "Repositories on private or local addresses are not allowed on this server",
  });
  expect(visitCount).toBe(0);
  await expectNothingLeft(app);
  internal.close();
});

test.describe("with little patience for clones", () => {
  test.use({ serverEnvironment: { CLONE_TIMEOUT_MS: "3000" } });

  test("a git server that accepts and never answers is given up, and Retry works once it does", async ({
    page,
    app,
    gitServer,
    repositoryUrl,
  }) => {
    gitServer.hold();
    await startByRequest(page, { repository: repositoryUrl, prompt: "Show me around" });
    await expectFailure(page, {
      step: "clone the repository (2 of 6)",
      message: "This did not end within 3 seconds",
    });
    await expectNothingLeft(app);

    gitServer.release();
    await page.getByRole("button", { name: "Retry" }).click();
    await expectStatus(page, "idle");
  });
});

test("an unknown branch is named", async ({ page, app, repositoryUrl }) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Look",
    branch: "no/such/branch",
  });
  await expectFailure(page, {
    step: "check out the branch (3 of 6)",
    message: 'The branch "no/such/branch" does not exist in the repository',
  });
  await expectNothingLeft(app);
});

test("a branch that exists is checked out", async ({ page, repositoryUrl }) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Look",
    branch: "feature/plums",
    setupCommands: ["test -e src/plums.ts"],
  });
  await expectStatus(page, "idle");
  await expect(page.getByText("feature/plums").first()).toBeVisible();
});

test("a failing setup command shows the end of its output", async ({
  page,
  app,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Look",
    setupCommands: ["printf 'the well is %s\\n' dry; exit 7"],
  });
  await expectFailure(page, {
    step: "run the setup commands (4 of 6)",
    message: "The setup command failed with exit code 7",
  });
  await expect(page.getByText("the well is dry").first()).toBeVisible();
  await expectNothingLeft(app);
});

test.describe("with little patience for setup commands", () => {
  test.use({ serverEnvironment: { SETUP_COMMAND_TIMEOUT_MS: "2000" } });

  test("one that hangs is ended, with all that it has started", async ({
    page,
    app,
    repositoryUrl,
  }) => {
    await startByRequest(page, {
      repository: repositoryUrl,
      prompt: "Look",
      setupCommands: ["trap '' TERM; sleep 600 & printf 'sinking %s\\n' in; sleep 600"],
    });
    await expectFailure(page, {
      step: "run the setup commands (4 of 6)",
      message: "The setup command did not finish within 2 seconds",
    });
    await expect(page.getByText("sinking in").first()).toBeVisible();
    await expectNothingLeft(app);
  });
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

test("Discard forgets a session that never worked", async ({ page, gitServer }) => {
  await startByForm(page, { repository: `${gitServer.url}/nowhere.git`, prompt: "Lost words" });
  await expectFailure(page, notFound);

  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page).not.toHaveURL(/\/sessions\/ses_/);
  await page.goto("/sessions");
  await expect(page.getByText("Lost words")).toHaveCount(0);
});
