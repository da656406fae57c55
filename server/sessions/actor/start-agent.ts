import { type AgentConnection, connectAgent } from "#server/agents/agent-connection.ts";
import { isAnswer } from "#server/agents/agent-link.ts";
import type { Workbench } from "#server/attachments/place-attachment.ts";
import type { AgentDefinition } from "#server/agents/agent-registry.ts";
import { writeSettingsFiles } from "#server/agents/settings-files.ts";
import type { Sandbox, SessionSandbox } from "#server/sandboxes/sandbox.ts";
import { collectFiles, type FileCollector } from "#server/outputs/collect-files.ts";
import { outputOptions } from "#server/outputs/output-options.ts";
import type { RequestDesk } from "#server/permissions/request-desk.ts";
import type { Provision } from "#server/profiles/read-provision.ts";
import type { Services } from "#server/services.ts";
import { createRedactor } from "#server/sandboxes/redact-output.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { readChosen } from "./apply-chosen.ts";
import { loadSession } from "./load-session.ts";
import type { ActorView } from "./actor-view.ts";
import { takeMcpServers, takeModel } from "./provide-agent.ts";
import { recordSettings, type SettingsRecord } from "./settings-record.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log" | "processId" | "environment">;

/** An agent with the session opened in it. */
export interface RunningAgent {
  executionId: string;
  /** Brings out what it writes into its folder of outputs. */
  files: FileCollector;
  label: string;
  connection: AgentConnection;
  /** The agent's own id of the session. */
  agentSessionId: string;
  settings: SettingsRecord;
  /** Tokens in its context after its last turn; undefined before it has told them. */
  contextUsed: number | undefined;
  takesCompactUnlisted: boolean;
  /** For processes beside it. */
  bench: Workbench;
  /** Aborted when the process has ended. */
  gone: AbortSignal;
}

/** An agent's process, and where it runs. */
export interface BootedAgent extends AgentConnection {
  sandbox: Sandbox;
}

interface BootOptions {
  /** The agent's alone: it is closed with the agent. */
  sandbox: SessionSandbox;
  /** Answers what the agent asks. */
  desk: RequestDesk;
  agent: AgentDefinition;
  folders: WorkspaceFolders;
  environment: Record<string, string>;
  /** Values that are taken out of everything that the agent says. */
  secrets: readonly string[];
  signal: AbortSignal;
  onOutput(text: string): void;
}

/** Starts the agent's process, which takes seconds: nothing of the workspace is needed yet. */
export async function bootAgent(
  { log }: Pick<Needs, "log">,
  { sandbox, desk, agent, folders, environment, secrets, signal, onOutput }: BootOptions,
): Promise<BootedAgent> {
  const given = { ...agent.environment, ...environment };
  const redactor = createRedactor(onOutput, Object.values(given));
  const place = { cwd: folders.basePath, homePath: folders.homePath, signal };
  const connect = async () => {
    const files = agent.settingsFiles?.(given) ?? {};
    await writeSettingsFiles(sandbox, { ...place, files });
    return connectAgent({
      ...place,
      sandbox,
      agent,
      environment,
      secrets,
      log,
      onPermission: desk.onPermission,
      onQuestion: desk.onQuestion,
      onStderr: (text) => redactor.write(Buffer.from(text)),
    });
  };
  const connecting = connect();
  // The last words of an agent that dies may have no end of line.
  const giveOutRest = () => redactor.end();
  connecting.then(({ exited }) => exited).then(giveOutRest, giveOutRest);
  try {
    const connection = await connecting;
    const stop: AgentConnection["stop"] = async (options) => {
      await connection.stop(options);
      await sandbox.close();
    };
    // An agent that is gone because it reached a limit cannot tell so itself.
    const prompt: AgentConnection["prompt"] = (options) =>
      connection.prompt(options).catch(async (error: unknown) => {
        const trouble = isAnswer(error) ? null : await sandbox.findTrouble?.();
        throw trouble ?? error;
      });
    return { ...connection, prompt, stop, sandbox };
  } catch (error) {
    const trouble = await sandbox.findTrouble?.();
    await sandbox.close();
    throw trouble ?? error;
  }
}

interface OpenOptions {
  ownership: Ownership;
  executionId: string;
  agent: AgentDefinition;
  connection: BootedAgent;
  folders: WorkspaceFolders;
  view: ActorView;
  provision: Provision;
  signal: AbortSignal;
  onOutput(text: string): void;
}

/** Opens the session in a booted agent: the one it had before where the agent can load it, otherwise a new one. */
export async function openAgentSession(
  services: Needs,
  {
    ownership,
    executionId,
    agent,
    connection,
    folders,
    view,
    provision,
    signal,
    onOutput,
  }: OpenOptions,
): Promise<RunningAgent> {
  const cwd = folders.repositoryPath;
  const provided = { label: agent.label, connection, provision };
  const mcpServers = takeMcpServers(provided);
  const canLoad = view.ready && agent.loadsSessions && connection.initialize.loadsSessions;
  const { agentSessionId } = view;
  const loaded =
    agentSessionId === null || !canLoad
      ? null
      : await loadSession(services, {
          ownership,
          agent,
          connection,
          folders,
          agentSessionId,
          mcpServers,
          environment: provision.environment,
          signal,
          onOutput,
        });
  const opened = loaded ?? (await connection.newSession({ cwd, mcpServers, signal }));
  const chosen = await readChosen(services, ownership);
  const isLoaded = loaded !== null;
  const model = await takeModel(provided, { ...opened, chosen, isLoaded, signal });
  opened.modelId = model ?? opened.modelId;
  await recordExecution(services, { ownership, executionId, agent, connection, opened });
  const { basePath } = folders;
  const output = outputOptions(services, { ...ownership, executionId });
  const files = await collectFiles(services, { ...output, basePath });
  const gone = new AbortController();
  void connection.exited.then(() => gone.abort());
  return {
    executionId,
    files,
    gone: gone.signal,
    label: agent.label,
    connection,
    agentSessionId: opened.sessionId,
    settings: recordSettings(services, {
      ownership,
      connection,
      agentSessionId: opened.sessionId,
    }),
    contextUsed: undefined,
    takesCompactUnlisted: agent.takesCompactUnlisted ?? false,
    bench: { sandbox: connection.sandbox, repositoryPath: cwd, homePath: folders.homePath },
  };
}

async function recordExecution(
  services: Needs,
  {
    ownership,
    executionId,
    agent,
    connection,
    opened,
  }: Pick<OpenOptions, "ownership" | "executionId" | "agent" | "connection"> & {
    opened: { sessionId: string; modelId: string | null };
  },
): Promise<void> {
  const { database, log, processId } = services;
  const { sessionId, generation, fence } = ownership;
  const { version } = connection.initialize;
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      insert into executions (
        id, session_id, generation, process_id, fence, agent_id, agent_version
      ) values (
        ${executionId}, ${sessionId}, ${generation}, ${processId}, ${fence}, ${agent.id}, ${version}
      )`;
    await tx`
      update sessions
      set agent_session_id = ${opened.sessionId}, agent_version = ${version},
        model = coalesce(${opened.modelId}, model)
      where id = ${sessionId}`;
  });
  connection.exited
    .then(async ({ code, signal }) => {
      await database.sql`
        update executions set ended_at = now(), exit_code = ${code}, exit_signal = ${signal}
        where id = ${executionId}`;
    })
    .catch((error: unknown) =>
      log.warn({ err: error, executionId }, "end of execution not stored"),
    );
}
