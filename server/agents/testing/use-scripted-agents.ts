import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach } from "vitest";
import { log } from "#server/log.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import {
  type AgentConnection,
  connectAgent,
  type ConnectAgentOptions,
} from "../agent-connection.ts";
import type { AgentUpdate } from "../agent-update.ts";

const scriptPath = fileURLToPath(new URL("./scripted-agent.mjs", import.meta.url));

export const blocks = [{ type: "text" as const, text: "Do it" }];

export const textOf = (updates: AgentUpdate[]) =>
  updates.map(({ content }) => (content as { text?: string } | undefined)?.text ?? "").join("");

/** Connects to agents that behave as they are told, each test in a folder of its own; stops them when it ends. */
export function useScriptedAgents() {
  let folder = "";
  const open: AgentConnection[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-agents-"));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.stop({ graceMs: 0 })));
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts an agent that behaves like this: a name in `scripted-agent.mjs`, with arguments. */
  async function connect(behaviour: string, options: Partial<ConnectAgentOptions> = {}) {
    const [name, ...args] = behaviour.split(" ");
    const connection = await connectAgent({
      sandbox: createProcessSandbox(),
      agent: {
        label: "Scripted",
        command: process.execPath,
        args: [scriptPath, name ?? "", ...args],
        environment: {},
        quietEnvironment: {},
      },
      cwd: folder,
      homePath: join(folder, "home"),
      environment: {},
      log,
      ...options,
    });
    open.push(connection);
    return connection;
  }

  /** Connects and opens a session. */
  async function openSession(behaviour: string, options: Partial<ConnectAgentOptions> = {}) {
    const connection = await connect(behaviour, options);
    const { sessionId } = await connection.newSession({ cwd: folder });
    return { connection, sessionId };
  }

  /** One whole turn, with what came of it. */
  async function runTurn(behaviour: string, options: Partial<ConnectAgentOptions> = {}) {
    const { connection, sessionId } = await openSession(behaviour, options);
    const updates: AgentUpdate[] = [];
    const result = await connection.prompt({
      sessionId,
      blocks,
      onUpdate: (update) => void updates.push(update),
    });
    return { connection, sessionId, updates, result, text: textOf(updates) };
  }

  /** Whether the agent that was started last is there. */
  async function isRunning(): Promise<boolean> {
    const pid = Number(await readFile(join(folder, "agent.pid"), "utf8"));
    try {
      return process.kill(pid, 0);
    } catch {
      // There is no such process.
      return false;
    }
  }

  return { connect, openSession, runTurn, isRunning, folder: () => folder };
}
