import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import { SANDBOX_HOST } from "#lib/sandbox-host.ts";
import {
  agentVersion,
  fetchAgent,
  type NpmAgentId,
  RegistryAwayError,
} from "../support/fetch-agent.ts";
import { byPrompt, type ModelServer, startModelServer } from "../support/model-server.ts";
import type { ModelReply } from "../support/model-formats/wire-format.ts";
import { agentArticles, startByRequest, statusMark } from "../support/session-page.ts";
import { expect, test as base } from "../support/test.ts";
import { agentRecipes } from "./agent-recipes.ts";

const TEST_TIMEOUT_MS = 8 * 60_000;
/** Agents take seconds to think of what they run, on a machine that does other things too. */
const patience = { timeout: 120_000 };

/** The smallest download that a whole turn was seen with; `npm run test:agents` takes all. */
const ALWAYS = "qwen";
const wanted = (process.env["AGENTS"] ?? ALWAYS).split(",");
const ids = (Object.keys(agentRecipes) as NpmAgentId[]).filter(
  (id) => wanted.includes(id) || wanted.includes("all"),
);
const sandbox = process.env["AGENT_SANDBOX"] ?? "bubblewrap";

interface Fixtures {
  agentId: NpmAgentId;
  turns: Record<string, ModelReply[]>;
  model: ModelServer;
}

const test = base.extend<Fixtures>({
  agentId: [ALWAYS, { option: true }],
  turns: ({}, use) => use({}),
  model: async ({ turns }, use, testInfo) => {
    const model = await startModelServer({ script: (request) => byPrompt(turns)(request) });
    await use(model);
    await model.close();
    if (testInfo.status === testInfo.expectedStatus) return;
    const body = JSON.stringify(model.requests, null, 2);
    await testInfo.attach("model-requests.json", { body, contentType: "application/json" });
  },
  serverEnvironment: async ({ agentId, model, gitServer }, use) => {
    const commands = await fetchAgent(agentId).catch((error: unknown) => {
      base.skip(error instanceof RegistryAwayError, String(error));
      throw error;
    });
    const port = new URL(model.origin).port;
    const hosts = [new URL(gitServer.url).host, `${SANDBOX_HOST}:${port}`];
    await use({
      AGENT_PATHS: [commands, path.dirname(commands)].join(),
      SANDBOX: sandbox,
      LEASE_MS: "30000",
      ALLOWED_PRIVATE_HOSTS: hosts.join(),
    });
  },
});

for (const id of ids) {
  test.describe(`${id} ${agentVersion(id)}`, () => {
    test.use({ agentId: id });

    test("writes a file, is interrupted, and goes on", async ({
      page,
      app,
      repositoryUrl,
      model,
      turns,
    }) => {
      test.setTimeout(TEST_TIMEOUT_MS);
      const recipe = agentRecipes[id];
      const modelHost = sandbox === "process" ? "127.0.0.1" : SANDBOX_HOST;
      const origin = model.origin.replace("127.0.0.1", modelHost);

      await test.step("start, and a file that a tool writes", async () => {
        const sessionId = await startByRequest(page, {
          repository: repositoryUrl,
          prompt: "Write the note",
          agent: id,
          environment: recipe.environment(origin),
        });
        const repositoryPath = path.join(app.dataPath, "workspaces", `${sessionId}-1/repository`);
        const notePath = path.join(repositoryPath, "note.txt");
        turns["Write the note"] = [
          { text: "I write it.", toolCalls: [recipe.write(notePath, "seven quinces")] },
          { text: "The note is written." },
        ];
        await untilIdle(page);
        await expect(agentArticles(page).last()).toContainText("The note is written.");
        expect(await readFile(notePath, "utf8")).toBe("seven quinces");
      });

      await test.step("an interrupt, which ends what runs", async () => {
        turns["Wait for me"] = [{ toolCalls: [recipe.shell("tail -f note.txt")] }];
        await ask("Wait for me");
        const running = async () =>
          (await app.findChildren()).filter(({ command }) => command.startsWith("tail -f note"))
            .length;
        await expect.poll(running, patience).toBeGreaterThan(0);
        await page.getByRole("button", { name: "Stop" }).click();
        await untilIdle(page);
        if (recipe.endsCommands) await expect.poll(running, patience).toBe(0);
      });

      await test.step("a follow-up, which knows what was before", async () => {
        turns["Read the note"] = [
          { toolCalls: [recipe.shell("cat note.txt")] },
          { text: "It says how many." },
        ];
        await ask("Read the note");
        await expect(agentArticles(page).last()).toContainText("It says how many.", patience);
        await untilIdle(page);
        const told = model.requests.at(-1)?.utterances ?? [];
        expect(told.findLast(({ role }) => role === "tool")?.text).toContain("seven quinces");
        expect(JSON.stringify(told)).toContain("Write the note");
      });

      async function ask(prompt: string) {
        await page.getByLabel("Follow-up").fill(prompt);
        await page.getByLabel("Follow-up").press("Enter");
        await expect(page.getByRole("article", { name: /^(?:You|Prompt)$/ }).last()).toContainText(
          prompt,
        );
      }
    });
  });
}

async function untilIdle(page: Page): Promise<void> {
  await expect(statusMark(page)).toHaveAttribute("data-status", /^(?:idle|failed)$/, patience);
  await expect(statusMark(page)).toHaveAttribute("data-status", "idle");
}
