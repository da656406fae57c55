import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "@playwright/test";
import { SANDBOX_HOST } from "#lib/sandbox-host.ts";
import { fetchAgent, type NpmAgentId, RegistryAwayError } from "../support/fetch-agent.ts";
import type { ModelReply } from "../support/model-formats/wire-format.ts";
import { byPrompt, type ModelServer, startModelServer } from "../support/model-server.ts";
import { statusMark } from "../support/session-page.ts";
import { expect, test as base } from "../support/test.ts";
import { startWorker, type Worker } from "../support/worker.ts";

/** Agents take seconds to think of what they run, on a machine that does other things too. */
export const patience = { timeout: 180_000 };
/** An agent that ends between two steps of a slow test is started again: that costs time and nothing else. */
const IDLE_TIMEOUT_MS = "5000";
const sandbox = process.env["AGENT_SANDBOX"] ?? "bubblewrap";

interface Fixtures {
  agentId: NpmAgentId;
  /** What the model says, by a word of the prompt; tests add to it. */
  turns: Record<string, ModelReply[]>;
  model: ModelServer;
  /** Where the agent reaches the model. */
  modelOrigin: string;
  /** Starts a machine that runs the agent, at the same place each time. One at a time. */
  startMachine: () => Promise<Worker>;
}

/** A server that runs no sessions itself, a scripted model, and machines that come and go. */
export const test = base.extend<Fixtures>({
  agentId: ["opencode", { option: true }],
  turns: ({}, use) => use({}),
  serverEnvironment: ({}, use) => use({ ROLE: "web" }),

  model: async ({ turns }, use, testInfo) => {
    const model = await startModelServer({ script: (request) => byPrompt(turns)(request) });
    await use(model);
    await model.close();
    if (testInfo.status === testInfo.expectedStatus) return;
    const body = JSON.stringify(model.requests, null, 2);
    await testInfo.attach("model-requests.json", { body, contentType: "application/json" });
  },

  modelOrigin: ({ model }, use) =>
    use(sandbox === "process" ? model.origin : model.origin.replace("127.0.0.1", SANDBOX_HOST)),

  startMachine: async ({ agentId, app, gitServer, modelOrigin }, use, testInfo) => {
    const commands = await fetchAgent(agentId).catch((error: unknown) => {
      base.skip(error instanceof RegistryAwayError, String(error));
      throw error;
    });
    const environment = {
      AGENT_PATHS: [commands, path.dirname(commands)].join(),
      SANDBOX: sandbox,
      LEASE_MS: "30000",
      IDLE_TIMEOUT_MS,
      ALLOWED_PRIVATE_HOSTS: [gitServer.url, modelOrigin].map((url) => new URL(url).host).join(),
    };
    const parent = await mkdtemp(path.join(tmpdir(), "millrace-machine-"));
    // Agents have an identity of their own.
    await chmod(parent, 0o755);
    const machines: Worker[] = [];
    await use(async () => {
      const machine = await startWorker(app, { parent, environment });
      machines.push(machine);
      return machine;
    });
    await machines.at(-1)?.dispose();
    await rm(parent, { recursive: true, force: true });
    if (testInfo.status === testInfo.expectedStatus) return;
    const body = machines.map(({ readLog }) => readLog()).join("\n== the next machine\n");
    await testInfo.attach("workers.log", { body, contentType: "text/plain" });
  },
});

/** Waits for a status of the session's page. */
export async function untilIdle(page: Page): Promise<void> {
  await expect(statusMark(page)).toHaveAttribute("data-status", /^(?:idle|failed)$/, patience);
  await expect(statusMark(page)).toHaveAttribute("data-status", "idle");
}
