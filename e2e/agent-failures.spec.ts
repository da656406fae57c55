import { expectFailure, expectNothingLeft, type Failure } from "./support/failed-preparation.ts";
import { RECORDING_AGENT } from "./support/recording-agent.ts";
import { expectStatus, ownArticles, startByRequest } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

/** Built-in agent lines such as `@exit 3` are obeyed only by an agent that was told so. */
const testAgent = { MILLRACE_BUILT_IN_TEST: "1" };

test.describe("with an agent that is not on this machine", () => {
  const ghost = { ghost: { label: "Ghost", command: "/nowhere/ghost" } };
  test.use({ serverEnvironment: { AGENT_COMMANDS: JSON.stringify(ghost) } });

  test("the agent step fails and names it", async ({ page, app, repositoryUrl }) => {
    await startByRequest(page, { repository: repositoryUrl, prompt: "Look", agent: "ghost" });
    await expectFailure(page, {
      step: "start the agent (5 of 6)",
      message: "Ghost is not installed on this machine",
    });
    await expectNothingLeft(app);
  });
});

test.describe("with little patience for agents", () => {
  test.use({
    serverEnvironment: async ({ agent }, use) => {
      await use({
        ...agent.environment,
        AGENT_START_TIMEOUT_MS: "3000",
        FIRST_UPDATE_TIMEOUT_MS: "3000",
      });
    },
  });

  const silences = [
    {
      gate: "initialize",
      step: "start the agent (5 of 6)",
      message: "Recorder did not answer in time",
    },
    {
      gate: "session-new",
      step: "start the agent (5 of 6)",
      message: "Recorder did not answer in time",
    },
    {
      gate: "session-prompt",
      step: "hand over the prompt (6 of 6)",
      message: "The agent did not answer in time",
    },
  ];
  for (const { gate, ...failure } of silences) {
    test(`one that never answers ${gate} is ended, and Retry works once it does`, async ({
      page,
      app,
      agent,
      repositoryUrl,
    }) => {
      await agent.gates.close(gate);
      await startByRequest(page, {
        repository: repositoryUrl,
        prompt: "Show me around",
        agent: RECORDING_AGENT,
      });
      await expectFailure(page, failure);
      await expectNothingLeft(app);
      const before = await agent.readPrompts();

      await agent.gates.open(gate);
      await page.getByRole("button", { name: "Retry" }).click();
      await expectStatus(page, "idle");
      expect(await agent.readPrompts()).toEqual([...before, "Show me around"]);
      await expect(ownArticles(page)).toHaveCount(1);
    });
  }
});

test("an agent that exits at the first prompt keeps the prompt for a Retry", async ({
  page,
  app,
  repositoryUrl,
}) => {
  const failure: Failure = {
    step: "hand over the prompt (6 of 6)",
    message: "Repository tour exited with code 3",
  };
  await startByRequest(page, {
    repository: repositoryUrl,
    prompt: "@exit 3",
    environment: testAgent,
  });
  await expectFailure(page, failure);
  await expect(ownArticles(page)).toHaveText(/@exit 3/);
  await expectNothingLeft(app);

  const retry = page.waitForResponse(/session\.retryPreparation/);
  await expect(ownArticles(page)).toContainText("Waits for Retry");
  await page.getByRole("button", { name: "Retry" }).click();
  expect((await retry).status()).toBe(200);
  await page.reload();
  await expectFailure(page, failure);
});
