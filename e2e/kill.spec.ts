import type { Page } from "@playwright/test";
import { findProcessesIn } from "./support/processes.ts";
import { expectStatus, ownArticles, startByRequest, statusMark } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

/** Every seed kills at another moment of a preparation; `npm run test:soak` tries 50. */
const seedCount = Number(process.env["KILL_SEEDS"] ?? 5);
/** A preparation with the setup command below takes about this long. */
const SPREAD_MS = 1_500;

/** Deterministic: the same seed waits as long. */
const killDelayMs = (seed: number) => Math.round(((seed * 0.618_034) % 1) * SPREAD_MS);

async function waitForOutcome(page: Page): Promise<string> {
  const status = statusMark(page);
  await expect(status).toHaveAttribute("data-status", /^(idle|failed)$/, { timeout: 60_000 });
  return (await status.getAttribute("data-status")) ?? "";
}

for (let seed = 1; seed <= seedCount; seed += 1) {
  test(`seed ${seed}: a kill -9 during preparation runs the prompt once or offers Retry`, async ({
    page,
    app,
    repositoryUrl,
  }) => {
    await startByRequest(page, {
      repository: repositoryUrl,
      prompt: "Show me around",
      setupCommands: ["sleep 0.4"],
    });
    await page.waitForTimeout(killDelayMs(seed));
    await app.kill9();
    await app.restart();
    await page.reload();

    if ((await waitForOutcome(page)) === "failed") {
      await page.getByRole("button", { name: "Retry" }).first().click();
      await expectStatus(page, "idle");
    }
    await expect(ownArticles(page)).toHaveCount(1);

    const agents = (await findProcessesIn(app.dataPath)).filter(({ command }) =>
      command.includes("built-in-agent"),
    );
    expect(agents.length, "agents of one session").toBeLessThanOrEqual(1);
  });
}

test("a kill -9 while the clone hangs loses neither session nor prompt", async ({
  page,
  app,
  gitServer,
  repositoryUrl,
}) => {
  gitServer.hold();
  await startByRequest(page, { repository: repositoryUrl, prompt: "Show me around" });
  await expect(page.getByRole("status")).toContainText("Cloning the repository");
  await app.kill9();
  gitServer.release();
  await app.restart();

  await expectStatus(page, "idle");
  await expect(ownArticles(page)).toHaveCount(1);
});

test("a kill -9 during setup runs the prompt once afterwards", async ({
  page,
  app,
  repositoryUrl,
}) => {
  // Outside of the workspace, which is made anew after the kill.
  const marker = `${app.dataPath}/second-time`;
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "Show me around",
    setupCommands: [`echo begun; test -e ${marker} || { touch ${marker}; sleep 60; }`],
  });
  await expect(page.getByText("begun").first()).toBeVisible();
  await app.kill9();
  await app.restart();

  await expectStatus(page, "idle");
  await expect(ownArticles(page)).toHaveCount(1);
  const sleepers = (await findProcessesIn(app.dataPath)).filter(({ command }) =>
    command.startsWith("sleep"),
  );
  expect(sleepers, "setup commands of the killed server").toEqual([]);
});

test("a kill -9 after the prompt was delivered never sends it again by itself", async ({
  page,
  app,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@hang",
    environment: { MILLRACE_BUILT_IN_TEST: "1" },
  });
  await expect(page.getByRole("status")).toContainText(/prompt/i);
  await app.kill9();
  await app.restart();

  await expect(page.getByRole("button", { name: "Retry" }).first()).toBeVisible();
});

test("a kill -9 in the middle of a turn never sends the prompt again by itself", async ({
  page,
  app,
  repositoryUrl,
}) => {
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@say Looking around now\n@hang",
    environment: { MILLRACE_BUILT_IN_TEST: "1" },
  });
  await expectStatus(page, "working");
  await app.kill9();
  await app.restart();

  await expect(page.getByRole("button", { name: "Retry" }).first()).toBeVisible();
  await expect(ownArticles(page)).toHaveCount(1);
});
