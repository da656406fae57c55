import { execFile } from "node:child_process";
import { access, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import {
  type AgentSnapshot,
  takeThroughAgent,
  withoutOwnMembers,
} from "../support/agent-snapshot.ts";
import { agentVersion, type NpmAgentId } from "../support/fetch-agent.ts";
import { agentArticles, ownArticles, startByRequest, statusMark } from "../support/session-page.ts";
import { isAtRest } from "../support/session-rest.ts";
import { expect } from "../support/test.ts";
import type { Worker } from "../support/worker.ts";
import { agentRecipes } from "./agent-recipes.ts";
import { patience, test, untilIdle } from "./agent-test.ts";

const TEST_TIMEOUT_MS = 12 * 60_000;
const run = promisify(execFile);

/** They speak different formats, and keep what they know in different ways; `npm run test:agents` takes all. */
const ALWAYS = "opencode,gemini";
const wanted = (process.env["AGENTS"] ?? ALWAYS).split(",");
const ids = (Object.keys(agentRecipes) as NpmAgentId[]).filter(
  (id) => wanted.includes(id) || wanted.includes("all"),
);

for (const id of ids) {
  test.describe(`${id} ${agentVersion(id)}`, () => {
    test.use({ agentId: id });

    test("is asked, interrupted and stopped, and goes on on another machine", async ({
      page,
      app,
      repositoryUrl,
      model,
      modelOrigin,
      turns,
      startMachine,
    }) => {
      test.setTimeout(TEST_TIMEOUT_MS);
      const recipe = agentRecipes[id];
      let machine = await startMachine();
      const sessionId = await startByRequest(page, {
        repository: repositoryUrl,
        prompt: "Write the note",
        agent: id,
        permissions: "ask",
        environment: recipe.environment(modelOrigin),
      });
      const repositoryOn = ({ dataPath }: Worker) =>
        path.join(dataPath, "workspaces", `${sessionId}-1/repository`);
      const inRepository = (name: string) => path.join(repositoryOn(machine), name);

      await test.step("start, leave asked for, and a file that a tool writes", async () => {
        turns["Write the note"] = [
          { text: "I write it.", toolCalls: [recipe.write(inRepository("note.txt"), "quinces")] },
          { text: "The note is written." },
        ];
        if (recipe.asksToWrite) {
          await expect(allowButton(page)).toBeVisible(patience);
          await expect(access(inRepository("note.txt")), "before").rejects.toThrow();
          await allow(page);
        }
        await untilIdle(page);
        await expect(agentArticles(page).last()).toContainText("The note is written.");
        expect(await readFile(inRepository("note.txt"), "utf8")).toBe("quinces");
      });

      await test.step("a follow-up while it is busy, and an interrupt that ends what runs", async () => {
        turns["Wait for me"] = [{ toolCalls: [recipe.shell("tail -f note.txt")] }];
        const commit = "git add note.txt && git commit -qm noted && echo pears > draft.txt";
        const { commit: write = recipe.shell } = recipe;
        turns["Keep the note"] = [{ toolCalls: [write(commit)] }, { text: "It is kept." }];
        await ask(page, "Wait for me");
        const countRunning = async () =>
          (await machine.findChildren()).filter(({ command }) => command.startsWith("tail -f note"))
            .length;
        await expect
          .poll(async () => (await allow(page), countRunning()), patience)
          .toBeGreaterThan(0);
        await page.getByLabel("Follow-up").fill("Keep the note");
        await page.getByLabel("Follow-up").press("Enter");
        await expect(page.getByRole("list", { name: "Waiting" })).toContainText("Keep the note");

        await page.getByRole("button", { name: "Stop" }).click();
        await untilAnswered(page, "It is kept.");
        if (recipe.endsCommands) await expect.poll(countRunning, patience).toBe(0);
      });

      await test.step("an idle stop", untilAtRest);

      await test.step("another machine, with an empty disk", async () => {
        expect(await machine.dispose(), "processes that outlived the machine").toEqual([]);
        machine = await startMachine();
        expect(await readdir(machine.dataPath)).not.toContain("workspaces");
        await readBack("Read the note");
        // The files are the agent's, whose identity is another.
        const git = (...args: string[]) =>
          run("git", ["-c", "safe.directory=*", ...args], { cwd: repositoryOn(machine) });
        expect((await git("log", "-1", "--format=%s")).stdout).toBe("noted\n");
        expect((await git("status", "--porcelain")).stdout).toBe("?? draft.txt\n");
        expect(page.url()).toContain(sessionId);
      });

      await test.step("an agent that has forgotten everything takes our transcript over", async () => {
        if (!recipe.takesTranscripts) return;
        await untilAtRest();
        const homePath = path.join(machine.dataPath, "workspaces", `${sessionId}-1/home`);
        for (const name of await readdir(homePath))
          await rm(path.join(homePath, name), { recursive: true });
        await readBack("Look once more");
        const temporary = await readdir(path.join(homePath, "../tmp"));
        expect(temporary.filter((name) => name.endsWith(".json"))).toEqual([]);
      });

      await test.step("our export, taken through the agent, is what it was", async () => {
        if (id !== "opencode" && id !== "kilo") return;
        const answer = await page.request.get(`/api/v1/sessions/${sessionId}/export?format=json`);
        const snapshot = (await answer.json()) as AgentSnapshot;
        const folder = path.join(machine.dataPath, "round-trip");
        const returned = await takeThroughAgent(id, { snapshot, folder });
        expect(returned.messages.length).toBeGreaterThan(7);
        expect(returned).toMatchObject({ ...withoutOwnMembers(snapshot) });
      });

      async function untilAtRest() {
        await expect.poll(() => isAtRest(app, sessionId), patience).toBe(true);
        await expect.poll(() => machine.findChildren(), patience).toEqual([]);
      }

      /** A command reads what was written before, and the agent still knows who has asked for it. */
      async function readBack(prompt: string) {
        turns[prompt] = [
          { toolCalls: [recipe.shell("cat note.txt draft.txt")] },
          { text: `${prompt}: done.` },
        ];
        await ask(page, prompt);
        await untilAnswered(page, `${prompt}: done.`);
        // Some ask for a title besides, with words of the prompt and without tools.
        const told = model.requests.findLast(
          ({ toolNames, utterances }) =>
            toolNames.length > 0 && utterances.some(({ text }) => text.includes(prompt)),
        );
        const tools = told?.utterances.filter(({ role }) => role === "tool");
        expect(tools?.at(-1)?.text).toMatch(/quinces\s*pears/);
        expect(JSON.stringify(told?.utterances)).toContain("Write the note");
      }
    });
  });
}

const allowButton = (page: Page) =>
  page
    .getByRole("group", { name: /^The agent wants to/ })
    .getByRole("button", { name: /^(?:Allow(?: once)?|Yes, proceed)$/ });

/** Answers a card if there is one. */
async function allow(page: Page): Promise<void> {
  if (!(await allowButton(page).isVisible())) return;
  await allowButton(page).click();
  await expect(allowButton(page)).toBeHidden();
}

async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByLabel("Follow-up").fill(prompt);
  await page.getByLabel("Follow-up").press("Enter");
  await expect(ownArticles(page).last()).toContainText(prompt);
}

/** Allows what the agent asks until it has said so. */
async function untilAnswered(page: Page, words: string): Promise<void> {
  const readAnswer = async () => {
    await allow(page);
    if ((await statusMark(page).getAttribute("data-status")) === "failed") return "It has failed.";
    return agentArticles(page).last().innerText();
  };
  await expect.poll(readAnswer, patience).toContain(words);
  await untilIdle(page);
}
