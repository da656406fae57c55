import { access, readFile } from "node:fs/promises";
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
const patience = { timeout: 180_000 };

/** Speaks another format than OpenCode, which has a journey of its own; `npm run test:agents` takes all. */
const ALWAYS = "gemini";
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

    test("writes a file when it may, is interrupted, and goes on", async ({
      page,
      app,
      repositoryUrl,
      model,
      turns,
    }) => {
      test.setTimeout(TEST_TIMEOUT_MS);
      const recipe = agentRecipes[id];
      const card = page.getByRole("group", { name: /^The agent wants to/ });
      const allowButton = card.getByRole("button", { name: /^Allow(?: once)?$/ });
      const modelHost = sandbox === "process" ? "127.0.0.1" : SANDBOX_HOST;
      const origin = model.origin.replace("127.0.0.1", modelHost);

      await test.step("start, and a file that a tool writes", async () => {
        const sessionId = await startByRequest(page, {
          repository: repositoryUrl,
          prompt: "Write the note",
          agent: id,
          permissions: "ask",
          environment: recipe.environment(origin),
        });
        const repositoryPath = path.join(app.dataPath, "workspaces", `${sessionId}-1/repository`);
        const notePath = path.join(repositoryPath, "note.txt");
        turns["Write the note"] = [
          { text: "I write it.", toolCalls: [recipe.write(notePath, "seven quinces")] },
          { text: "The note is written." },
        ];
        if (recipe.asksToWrite) {
          await expect(allowButton).toBeVisible(patience);
          await expect(access(notePath), "nothing is written before").rejects.toThrow();
          await allow();
        }
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
        const begins = async () => {
          await allow();
          return running();
        };
        await expect.poll(begins, patience).toBeGreaterThan(0);
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
        const answer = async () => {
          await allow();
          return agentArticles(page).last().innerText();
        };
        await expect.poll(answer, patience).toContain("It says how many.");
        await untilIdle(page);
        const told = model.requests.at(-1)?.utterances ?? [];
        expect(told.findLast(({ role }) => role === "tool")?.text).toContain("seven quinces");
        expect(JSON.stringify(told)).toContain("Write the note");
      });

      /** Answers a card if there is one. */
      async function allow() {
        if (!(await allowButton.isVisible())) return;
        await allowButton.click();
        await expect(allowButton).toBeHidden();
      }

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
