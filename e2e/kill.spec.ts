import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Page } from "@playwright/test";
import type { App } from "./support/app.ts";
import { lockTable } from "./support/database-lock.ts";
import type { ProgramGates } from "./support/program-gates.ts";
import type { GitServer } from "./support/git-server.ts";
import type { FoundProcess } from "./support/processes.ts";
import { RECORDING_AGENT, type RecordingAgent } from "./support/recording-agent.ts";
import { expectStatus, ownArticles, startByRequest, statusMark } from "./support/session-page.ts";
import { readPromptStates } from "./support/session-rest.ts";
import { expect, test as base } from "./support/test.ts";

/** Every seed kills at another moment, the server or its agent by turns; `npm run test:soak` tries 50. */
const seedCount = Number(process.env["KILL_SEEDS"] ?? 5);
/** A preparation with the setup command below takes about this long. */
const SPREAD_MS = 1_500;

/** Deterministic: the same seed waits as long. */
const killDelayMs = (seed: number) => Math.round(((seed * 0.618_034) % 1) * SPREAD_MS);

const test = base.extend({
  serverEnvironment: async ({ agent, gitGate }, use) => {
    await use({ ...agent.environment, ...gitGate.environment });
  },
});

const session = { prompt: "Show me around", agent: RECORDING_AGENT };

/** SIGKILL to the server. Returns its children, which it has left to themselves. */
async function crash(app: App): Promise<FoundProcess[]> {
  await app.kill9();
  return app.findChildren();
}

async function expectGone(app: App, left: FoundProcess[]): Promise<void> {
  const pids = new Set(left.map(({ pid }) => pid));
  const findLeft = async () => (await app.findChildren()).filter(({ pid }) => pids.has(pid));
  await expect.poll(findLeft, "processes of the killed server").toEqual([]);
}

/** One folder for the session, nothing half-made, and no more than one agent. */
async function expectTidy(app: App, sessionId: string): Promise<void> {
  const names = async (folder: string) => readdir(path.join(app.dataPath, folder));
  expect(await names("workspaces")).toEqual([`${sessionId}-1`]);
  for (const mirror of await names("mirrors")) {
    const unfinished = (await names(`mirrors/${mirror}`)).filter((name) => name.includes("-"));
    expect(unfinished, "unfinished clones").toEqual([]);
  }
  expect((await findAgents(app)).length, "agents of one session").toBeLessThanOrEqual(1);
  expect(await app.findZombies(), "zombies").toEqual([]);
}

const findAgents = async (app: App) =>
  (await app.findChildren()).filter(({ command }) => command.includes("recording-agent"));

/** SIGKILL to the agent, as soon as there is one. Nothing is left to itself by it. */
async function killAgent(app: App): Promise<FoundProcess[]> {
  await expect.poll(() => findAgents(app)).not.toEqual([]);
  for (const { pid } of await findAgents(app)) process.kill(pid, "SIGKILL");
  return [];
}

async function waitForOutcome(page: Page): Promise<string> {
  const status = statusMark(page);
  await expect(status).toHaveAttribute("data-status", /^(idle|failed)$/, { timeout: 60_000 });
  return (await status.getAttribute("data-status")) ?? "";
}

for (let seed = 1; seed <= seedCount; seed += 1) {
  const victim = seed % 2 === 0 ? "agent" : "server";
  test(`seed ${seed}: a kill -9 of the ${victim} runs the prompt once or offers Retry`, async ({
    page,
    app,
    agent,
    repositoryUrl,
  }) => {
    const sessionId = await startByRequest(page, {
      ...session,
      repository: repositoryUrl,
      setupCommands: ["sleep 0.4"],
    });
    await page.waitForTimeout(killDelayMs(seed));
    const left = await (victim === "agent" ? killAgent(app) : crash(app));
    if (victim === "server") await app.restart();
    await page.reload();

    const outcome = await waitForOutcome(page);
    const prompts = await agent.readPrompts();
    if (outcome === "failed") {
      expect(prompts.length, "prompts before Retry").toBeLessThanOrEqual(1);
      await page.getByRole("button", { name: "Retry" }).first().click();
      await expectStatus(page, "idle");
      expect(await agent.readPrompts()).toEqual([...prompts, session.prompt]);
    } else {
      expect(prompts).toEqual([session.prompt]);
    }
    await expect(ownArticles(page)).toHaveCount(1);
    const states = new Set(await readPromptStates(app, sessionId));
    expect([...states], "what became of its prompts").toEqual(["settled"]);
    await expectGone(app, left);
    await expectTidy(app, sessionId);
  });
}

interface Place {
  app: App;
  agent: RecordingAgent;
  gitGate: ProgramGates;
  gitServer: GitServer;
}

interface Step {
  name: string;
  /** What the page says while the step hangs. */
  line: string;
  /** Lets the step hang until the result is called. */
  hold(place: Place): Promise<() => unknown>;
  /** Whether the step has children of its own, or the agent is coming up beside it. */
  leavesProcesses: boolean;
}

const steps: Step[] = [
  {
    name: "disk_check",
    line: "Checking the disk (1 of 6)",
    // Before its folder is made, what an earlier attempt has recorded of it is deleted.
    hold: ({ app }) => lockTable(app.dataPath, "workspaces"),
    leavesProcesses: false,
  },
  {
    name: "clone",
    line: "Cloning the repository (2 of 6)",
    async hold({ gitServer }) {
      gitServer.hold();
      return gitServer.release;
    },
    leavesProcesses: true,
  },
  {
    name: "branch",
    line: "Checking out the branch (3 of 6)",
    async hold({ gitGate: { gates } }) {
      await gates.close("checkout");
      return () => gates.open("checkout");
    },
    leavesProcesses: true,
  },
  {
    name: "setup",
    line: "Running the setup commands (4 of 6)",
    async hold({ agent: { gates } }) {
      await gates.close("setup");
      return () => gates.open("setup");
    },
    leavesProcesses: true,
  },
  {
    name: "agent_start, before the agent has said hello",
    line: "Starting the agent (5 of 6)",
    async hold({ agent: { gates } }) {
      await gates.close("initialize");
      return () => gates.open("initialize");
    },
    leavesProcesses: true,
  },
  {
    name: "agent_start, while the agent opens its session",
    line: "Starting the agent (5 of 6)",
    async hold({ agent: { gates } }) {
      await gates.close("session-new");
      return () => gates.open("session-new");
    },
    leavesProcesses: true,
  },
];

for (const { name, line, hold, leavesProcesses } of steps) {
  test(`kill -9 at ${name}: the prompt runs once afterwards`, async ({
    page,
    app,
    agent,
    gitGate,
    gitServer,
    repositoryUrl,
  }) => {
    const release = await hold({ app, agent, gitGate, gitServer });
    const sessionId = await startByRequest(page, {
      ...session,
      repository: repositoryUrl,
      setupCommands: [`while test -e ${agent.gates.pathOf("setup")}; do sleep 0.05; done`],
    });
    await expect(page.getByRole("status").filter({ hasText: line })).toBeAttached();
    const left = await crash(app);
    if (leavesProcesses) expect(left).not.toEqual([]);
    await app.restart();

    // What still hangs there cannot end by itself.
    await expectGone(app, left);
    await release();
    await expectStatus(page, "idle");
    expect(await agent.readPrompts()).toEqual([session.prompt]);
    await expect(ownArticles(page)).toHaveText(/Show me around/);
    await expectTidy(app, sessionId);
  });
}

const afterDelivery = [
  { name: "at prompt, before the agent's first word", gate: "session-prompt", status: "preparing" },
  { name: "in the middle of a turn", gate: "turn", status: "working" },
];

for (const { name, gate, status } of afterDelivery) {
  test(`kill -9 ${name}: the prompt is never sent again by itself, and Retry sends it`, async ({
    page,
    app,
    agent,
    repositoryUrl,
  }) => {
    await agent.gates.close(gate);
    const sessionId = await startByRequest(page, { ...session, repository: repositoryUrl });
    await expect.poll(agent.readPrompts).toEqual([session.prompt]);
    await expectStatus(page, status);
    const left = await crash(app);
    await app.restart();

    const retry = page.getByRole("button", { name: "Retry" }).first();
    await expect(retry).toBeVisible();
    await expectGone(app, left);
    await agent.gates.open(gate);
    expect(await agent.readPrompts()).toEqual([session.prompt]);
    await expect(ownArticles(page)).toHaveText(/Show me around/);

    await retry.click();
    await expect.poll(agent.readPrompts).toEqual([session.prompt, session.prompt]);
    await expectStatus(page, "idle");
    await expectTidy(app, sessionId);
  });
}
