import { crash, expectGone, expectTidy } from "./support/after-kill.ts";
import type { App } from "./support/app.ts";
import { lockTable } from "./support/database-lock.ts";
import type { ProgramGates } from "./support/program-gates.ts";
import type { GitServer } from "./support/git-server.ts";
import { RECORDING_AGENT, type RecordingAgent } from "./support/recording-agent.ts";
import { expectStatus, ownArticles, startByRequest } from "./support/session-page.ts";
import { expect, test as base } from "./support/test.ts";

const test = base.extend({
  serverEnvironment: async ({ agent, gitGate }, use) => {
    await use({ ...agent.environment, ...gitGate.environment });
  },
});

const session = { prompt: "Show me around", agent: RECORDING_AGENT };

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
