import path from "node:path";
import type { Page } from "@playwright/test";
import { createMessageId } from "#lib/ids.ts";
import type { PromptState } from "#lib/session-state.ts";
import {
  crash,
  expectGone,
  expectNoRemains,
  expectTidy,
  findAgents,
} from "./support/after-kill.ts";
import type { App } from "./support/app.ts";
import { type PromptWay, readPromptWays, recordPromptSteps } from "./support/prompt-steps.ts";
import type { FoundProcess } from "./support/processes.ts";
import { RECORDING_AGENT } from "./support/recording-agent.ts";
import { expectStatus, ownArticles, postAsPage, requestSession } from "./support/session-page.ts";
import { expect, test as base } from "./support/test.ts";

/** Every seed kills another thing at another moment; `npm run test:soak` tries 50. */
const seedCount = Number(process.env["KILL_SEEDS"] ?? 5);
/** A preparation with the setup command below takes about this long, … */
const PREPARATION_MS = 1_500;
/** … and a turn of the recording agent, with what is stored of it. */
const TURN_MS = 500;
const prompts = ["Show me around", "Look again", "Once more"];

/** What is killed: the server, or all that it has started for the session's agent, which may be isolated. */
const victims = [
  { victim: "agent", sandbox: "bubblewrap" },
  { victim: "server", sandbox: "process" },
  { victim: "agent", sandbox: "process" },
  { victim: "server", sandbox: "bubblewrap" },
] as const;

/** Deterministic: the same seed kills after as many prompts were delivered, and as long after that. */
function momentOf(seed: number): { deliveredCount: number; delayMs: number } {
  const deliveredCount = Math.floor(((seed * 0.754_878) % 1) * prompts.length);
  const spreadMs = deliveredCount === 0 ? PREPARATION_MS : TURN_MS;
  return { deliveredCount, delayMs: Math.round(((seed * 0.569_84) % 1) * spreadMs) };
}

/** SIGKILL to the agent as soon as there is one; where it is isolated, to what isolates whatever runs. */
async function killAgent(app: App, sandbox: string): Promise<void> {
  const isBubblewrap = ({ command }: FoundProcess) => /^\S*bwrap /.test(command);
  const killAll = async () => {
    const found =
      sandbox === "process"
        ? await findAgents(app)
        : (await app.findChildren()).filter(isBubblewrap);
    return found.filter(({ pid }) => killPresent(pid)).length;
  };
  await expect.poll(killAll, "victims that were killed").toBeGreaterThan(0);
}

/** False for a process that ended between the look and the kill. */
function killPresent(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    return false;
  }
}

const countDelivered = (ways: PromptWay[]) =>
  ways.flatMap(({ statuses }) => statuses).filter((status) => status === "delivered").length;

/** What a program that waits for the prompts of a session does next. */
async function readWait(page: Page, sessionId: string): Promise<"wait" | "retry" | "settled"> {
  const response = await page.request.get(`/api/v1/sessions/${sessionId}/prompts`);
  const { prompts: known } = (await response.json()) as { prompts: PromptState[] };
  if (known.some(({ waitsFor }) => waitsFor === "retry")) return "retry";
  return known.every(({ status }) => status === "settled") ? "settled" : "wait";
}

/** Its waits may take two and a half minutes one after the other. */
base.setTimeout(240_000);

for (let seed = 1; seed <= seedCount; seed += 1) {
  const { victim, sandbox } = victims[seed % victims.length]!;
  const { deliveredCount, delayMs } = momentOf(seed);
  const test = base.extend({
    serverEnvironment: ({ agent }, use) => use({ ...agent.environment, SANDBOX: sandbox }),
  });

  test(`seed ${seed}: kill -9 of the ${victim} (${sandbox}) ${delayMs} ms after ${deliveredCount} prompts`, async ({
    page,
    app,
    agent,
    repositoryUrl,
  }) => {
    await recordPromptSteps(app);
    const [prompt = "", ...followUps] = prompts;
    const sessionId = await requestSession(page, {
      prompt,
      agent: RECORDING_AGENT,
      repository: repositoryUrl,
      setupCommands: ["sleep 0.4"],
    });
    for (const text of followUps) {
      const body = { prompt: text, messageId: createMessageId() };
      const sent = await postAsPage(page, `/api/v1/sessions/${sessionId}/prompts`, body);
      expect(sent.status, sent.text).toBe(201);
    }
    const readWays = () => readPromptWays(app, sessionId);
    const readDelivered = async () => countDelivered(await readWays());
    const atOnce = { intervals: [25], timeout: 30_000 };
    await expect.poll(readDelivered, atOnce).toBeGreaterThanOrEqual(deliveredCount);
    await page.waitForTimeout(delayMs);

    const { processId } = app;
    const left = victim === "server" ? await crash(app) : [];
    if (victim === "server") await app.restart();
    else await killAgent(app, sandbox);
    await page.goto(`/sessions/${sessionId}`);

    const next = () => readWait(page, sessionId);
    await expect.poll(next, { timeout: 60_000 }).not.toBe("wait");
    const homePath = path.join(app.dataPath, "workspaces", `${sessionId}-1`, "home");
    const readPrompts = () => agent.readPrompts(sandbox === "process" ? undefined : homePath);
    const isOnce = (texts: string[]) => new Set(texts).size === texts.length;
    expect(isOnce(await readPrompts()), "each prompt given to the agent once").toBe(true);
    for (const { statuses } of await readWays())
      expect(statuses.filter((status) => status === "started").length).toBeLessThanOrEqual(1);
    if ((await next()) === "retry") {
      await postAsPage(page, `/api/v1/sessions/${sessionId}/retry`, {});
      await expect.poll(next, { timeout: 60_000 }).toBe("settled");
    }

    await expectStatus(page, "idle");
    const ways = await readWays();
    for (const { text, statuses } of ways) {
      expect(statuses.indexOf("settled"), `${text} is settled once`).toBe(statuses.length - 1);
    }
    expect(new Set(ways.map(({ text }) => text))).toEqual(new Set(prompts));
    const done = ways.filter(({ outcome }) => outcome === "completed").map(({ text }) => text);
    expect(isOnce(done), "each prompt completed once").toBe(true);
    expect(await readPrompts()).toEqual(expect.arrayContaining(done));
    // One that was sent again is there twice, where the agent had begun with it before the kill.
    const countShown = () => ownArticles(page).count();
    await expect.poll(countShown).toBeGreaterThanOrEqual(prompts.length);
    await expect.poll(countShown).toBeLessThanOrEqual(ways.length);
    await expectGone(app, left);
    if (victim === "server") await expectNoRemains(processId);
    await expectTidy(app, sessionId);
  });
}
