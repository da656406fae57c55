import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { fetchAgent } from "#e2e/support/fetch-agent.ts";
import type { ModelReply } from "#e2e/support/model-formats/wire-format.ts";
import { type ModelServer, startModelServer } from "#e2e/support/model-server.ts";
import { openCodeEnvironment } from "#e2e/support/opencode-environment.ts";
import { createMessageId } from "#lib/ids.ts";
import { createTurnRecorder, type TurnSummary } from "#server/executions/turn-recorder.ts";
import { log } from "#server/log.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { type AgentConnection, connectAgent } from "./agent-connection.ts";
import type { AgentUpdate } from "./agent-update.ts";
import { getAgent } from "./find-agents.ts";

let binaryFolder: string;
let folder: string;
let workspace: string;
let model: ModelServer;
let connection: AgentConnection | null = null;

beforeAll(async () => {
  binaryFolder = await fetchAgent("opencode");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-opencode-"));
  workspace = join(folder, "workspace");
  await mkdir(workspace);
  await writeFile(join(workspace, "app.txt"), "hello old world\n");
  execFileSync("git", ["init", "-q", "-b", "main"], { cwd: workspace });
});
afterEach(async () => {
  await connection?.stop({ graceMs: 500 });
  connection = null;
  await model.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function connect(script: ModelReply[]): Promise<AgentConnection> {
  model = await startModelServer({ script });
  return reconnect();
}

async function reconnect(): Promise<AgentConnection> {
  const sandbox = createProcessSandbox();
  const homePath = join(folder, "home");
  const search = { sandbox, homePath, path: "", agentPaths: [binaryFolder] };
  const { definition: agent, status } = await getAgent("opencode", search);
  expect(status).toMatchObject({ version: "1.18.33", versionNote: null });
  const environment = openCodeEnvironment(model.url);
  connection = await connectAgent({ sandbox, agent, cwd: folder, homePath, environment, log });
  return connection;
}

interface Stored {
  type?: string;
  text?: string;
  tool?: string;
  state?: { status: string; output: string };
}

async function runTurn(
  agent: AgentConnection,
  sessionId: string,
  { signal, onUpdate }: { signal?: AbortSignal; onUpdate?: (update: AgentUpdate) => void } = {},
) {
  const items = new Map<string, Stored>();
  const recorder = createTurnRecorder({
    sessionId,
    promptMessageId: createMessageId(),
    promptText: "Make it new",
    agentLabel: "OpenCode",
    async writeItems(written) {
      for (const { partId, messageId, body } of written) {
        items.set(partId || messageId, JSON.parse(String(body)) as Stored);
      }
    },
    publish: () => {},
  });
  const end = await agent
    .prompt({
      sessionId,
      blocks: [{ type: "text", text: "Make it new" }],
      onUpdate(update) {
        onUpdate?.(update);
        return recorder.onUpdate(update);
      },
      signal,
    })
    .catch((error: unknown) => ({ error }));
  const summary: TurnSummary = await recorder.finish(end);
  return { end, summary, items: [...items.values()] };
}

test("a real OpenCode edits a file, runs a command, and goes on after a restart", async () => {
  const agent = await connect([
    {
      text: "I change the file.",
      toolCalls: [
        {
          name: "edit",
          arguments: { filePath: join(workspace, "app.txt"), oldString: "old", newString: "new" },
        },
      ],
    },
    { toolCalls: [{ name: "bash", arguments: { command: "cat app.txt", description: "Look" } }] },
    { text: "It says hello new world." },
    { text: "Still here." },
  ]);
  const { sessionId, modelId } = await agent.newSession({ cwd: workspace });
  expect(modelId).toBe("scripted/scripted-1");
  const first = await runTurn(agent, sessionId);
  expect(first.end).toMatchObject({ stopReason: "end_turn" });
  expect(await readFile(join(workspace, "app.txt"), "utf8")).toBe("hello new world\n");
  expect(first.items.map(({ tool, text }) => tool ?? text).filter(Boolean)).toEqual([
    "Make it new",
    "I change the file.",
    "edit",
    "bash",
    "It says hello new world.",
  ]);
  const command = first.items.find(({ tool }) => tool === "bash");
  expect(command?.state).toMatchObject({ status: "completed", output: "hello new world\n" });
  await agent.stop();

  const next = await reconnect();
  await next.loadSession({ sessionId, cwd: workspace });
  const second = await runTurn(next, sessionId);
  expect(second.items.at(-1)?.text).toBe("Still here.");
});

test("a model that refuses before a word was said leaves the turn unstarted and no item", async () => {
  const agent = await connect([{ status: 422 }]);
  const { sessionId } = await agent.newSession({ cwd: workspace });
  const { end, summary, items } = await runTurn(agent, sessionId);
  expect(end).toMatchObject({
    error: { message: "OpenCode answered with an error: The script asked for this failure" },
  });
  expect(summary.isStarted).toBe(false);
  expect(items).toEqual([]);
});

test("a command that runs is ended by cancelling the turn", async () => {
  const command = "sleep 600";
  const agent = await connect([
    { toolCalls: [{ name: "bash", arguments: { command, description: "Wait" } }] },
  ]);
  const { sessionId } = await agent.newSession({ cwd: workspace });
  const controller = new AbortController();
  const { end } = await runTurn(agent, sessionId, {
    signal: controller.signal,
    onUpdate: ({ title, status }) => {
      if (title === command && status === "in_progress") controller.abort();
    },
  });
  expect(end).toMatchObject({ stopReason: "cancelled" });
});
