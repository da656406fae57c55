import { isAppError } from "#lib/errors.ts";
import type { AgentConnection } from "#server/agents/agent-connection.ts";
import type { AgentDefinition } from "#server/agents/agent-registry.ts";
import { runScript } from "#server/checkpoints/workspace-script.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import type { Services } from "#server/services.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";
import { importSession } from "./import-session.ts";
import { takeOfferedModes } from "./take-offered-modes.ts";

const BEFORE_LOAD_TIMEOUT_MS = 10_000;

interface LoadOptions {
  ownership: Ownership;
  agent: AgentDefinition;
  connection: Pick<AgentConnection, "loadSession" | "settings" | "setOption"> & {
    sandbox: Sandbox;
  };
  folders: WorkspaceFolders;
  /** The agent's own id of the session. */
  agentSessionId: string;
  mcpServers: Parameters<AgentConnection["loadSession"]>[0]["mcpServers"];
  /** Of the agent's processes. */
  environment: Record<string, string>;
  signal: AbortSignal;
  onOutput(text: string): void;
}

/**
 * Opens the session that an agent had before: what it knows of it itself, or else our transcript, where it takes one.
 * Null, which is told, when neither can be had: its memory is gone, its workspace is not.
 */
export async function loadSession(
  services: Pick<Services, "database" | "blobs" | "log">,
  options: LoadOptions,
): Promise<LoadedSession | null> {
  const { agent, connection, onOutput } = options;
  await prepareLoad(services, options);
  const known = await tryToLoad(options, options.agentSessionId);
  if (known !== null) return known;
  const imported = await importSession(services, { ...options, sandbox: connection.sandbox });
  const loaded = imported === null ? null : await tryToLoad(options, imported);
  if (loaded === null)
    onOutput(`${agent.label} could not load what it knew of this session and begins a new one\n`);
  else await takeOfferedModes({ ...options, sessionId: loaded.sessionId });
  return loaded;
}

/** An agent that finds nothing says so itself: what fails here ends no resume. */
async function prepareLoad(
  { log }: Pick<Services, "log">,
  { agent, connection: { sandbox }, folders, signal }: LoadOptions,
): Promise<void> {
  if (agent.beforeLoad === undefined) return;
  const shell = { sandbox, folders, signal, timeoutMs: BEFORE_LOAD_TIMEOUT_MS };
  try {
    await runScript(shell, { text: agent.beforeLoad });
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error, agent: agent.id }, "an agent's records were not made ready to load");
  }
}

interface LoadedSession {
  sessionId: string;
  modelId: string | null;
}

/** Null when the agent answers that it cannot. */
async function tryToLoad(
  { connection, folders, mcpServers, signal }: LoadOptions,
  sessionId: string,
): Promise<LoadedSession | null> {
  const options = { sessionId, cwd: folders.repositoryPath, mcpServers, signal };
  try {
    return { sessionId, ...(await connection.loadSession(options)) };
  } catch (error) {
    if (isAppError(error) && error.details["reason"] === "session_not_loaded") return null;
    throw error;
  }
}
