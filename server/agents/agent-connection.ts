import { type ContentBlock, PROTOCOL_VERSION } from "@agentclientprotocol/sdk";
import { AppError } from "#lib/errors.ts";
import type { Log } from "#server/log.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import {
  findModelId,
  type InitializeResult,
  readInitialize,
  readTurnResult,
  type TurnResult,
} from "./agent-answers.ts";
import { describeForcedEnd, rejectAfterCancel } from "./agent-deadlines.ts";
import { type AgentLink, isAnswer, openAgentLink } from "./agent-link.ts";
import { type AgentExit, EXIT_WAIT_MS, watchAgentProcess, withinMs } from "./agent-process.ts";
import type { AgentDefinition } from "./agent-registry.ts";
import { type AgentTurns, createAgentTurns, type UpdateHandler } from "./agent-turns.ts";
import { allowOnce, type PermissionPolicy } from "./permission-policy.ts";
import { createSetOption, type SetOption } from "./set-option.ts";
import { createSettingsTracker, type SettingsTracker } from "./settings-tracker.ts";
import { declineQuestions, type QuestionPolicy } from "./question-policy.ts";

const CANCEL_GRACE_MS = 10_000;
const STOP_GRACE_MS = 1_000;

export interface ConnectAgentOptions {
  sandbox: Sandbox;
  agent: Pick<AgentDefinition, "label" | "command" | "args" | "environment" | "quietEnvironment">;
  /** Where the process starts; sessions name their own folder. */
  cwd: string;
  homePath: string;
  /** The session's variables; their values never appear in errors. */
  environment: Record<string, string>;
  /** Values that are taken out of everything that the agent says. */
  secrets?: readonly string[];
  log: Log;
  /** Ends the attempt to start: the process is stopped and the call rejects. */
  signal?: AbortSignal;
  /** Default: `allowOnce`. */
  onPermission?: PermissionPolicy;
  /** Default: `declineQuestions`. */
  onQuestion?: QuestionPolicy;
  /** Raw text, credentials included. */
  onStderr?: (text: string) => void;
  /** Default 32 MiB; an agent that sends more is stopped. */
  maxMessageBytes?: number;
  /** How long an agent may take to end a turn that was cancelled before it is stopped; default 10 s. */
  cancelGraceMs?: number;
}

export interface PromptOptions {
  sessionId: string;
  blocks: ContentBlock[];
  onUpdate: UpdateHandler;
  /** Cancels the turn; the call then resolves with `cancelled` as soon as the agent has stopped. */
  signal?: AbortSignal;
}

interface OpenSessionOptions {
  cwd: string;
  /** Servers of tools, as ACP describes them. */
  mcpServers?: readonly object[];
  /** Ends the wait; the agent may still open the session. */
  signal?: AbortSignal;
}

/**
 * A running agent. Every call rejects with an `AppError` that names it when it exits or breaks the protocol; one that
 * breaks it is stopped, so `exited` settles whenever the connection cannot be used any more.
 */
export interface AgentConnection {
  initialize: InitializeResult;
  newSession(options: OpenSessionOptions): Promise<{ sessionId: string; modelId: string | null }>;
  /**
   * The history that the agent repeats is swallowed: our items are the truth. The detail `reason` is
   * `session_not_loaded` when the agent answered with an error: it is there, and a new session can be opened in it.
   */
  loadSession(
    options: OpenSessionOptions & { sessionId: string },
  ): Promise<{ modelId: string | null }>;
  /**
   * One turn at a time and session: a second one throws `conflict`. A turn that ends in any other way than by the
   * agent's answer ends the agent: its process has exited when this rejects. The detail `wasForced` tells that it did
   * not end a cancelled turn by itself.
   */
  prompt(options: PromptOptions): Promise<TurnResult>;
  /** Modes, models and commands as the agent tells them. */
  settings: Pick<SettingsTracker, "get" | "follow">;
  /** Between turns; throws `conflict` when the agent does not take the value. */
  setOption(change: SetOption): Promise<void>;
  /** Asks the agent to end the turn; open permission requests are answered with `cancelled`. Safe to repeat. */
  cancel(sessionId: string): void;
  exited: Promise<AgentExit>;
  stop(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Starts an agent in the sandbox and shakes hands. Advertises that it may ask questions, and neither files nor
 * terminals: agent and host share the disk, and several agents behave worse when they are offered. On failure the process is gone before this rejects.
 */
export async function connectAgent(options: ConnectAgentOptions): Promise<AgentConnection> {
  const { agent, environment, log, signal } = options;
  const { label } = agent;
  const child = await options.sandbox.spawn({
    command: agent.command,
    args: agent.args,
    cwd: options.cwd,
    environment: { ...agent.quietEnvironment, ...agent.environment, ...environment },
    homePath: options.homePath,
  });
  const secrets = [...Object.values(agent.environment), ...Object.values(environment)];
  const process = watchAgentProcess(child, { label, secrets, onStderr: options.onStderr });
  const settings = createSettingsTracker();
  const turns = createAgentTurns({
    log,
    settings,
    onPermission: options.onPermission ?? allowOnce,
    onQuestion: options.onQuestion ?? declineQuestions,
  });
  const link = openAgentLink({
    child,
    process,
    turns,
    label,
    log,
    maxMessageBytes: options.maxMessageBytes,
    secrets: options.secrets,
  });

  try {
    const initialize = readInitialize(
      await link.call("initialize", initializeParams, signal),
      label,
    );
    return {
      initialize,
      ...sessionCalls({ link, settings, label }),
      settings,
      setOption: createSetOption({ link, settings, label }),
      ...turnCalls({
        link,
        turns,
        label,
        exited: process.exited,
        cancelGraceMs: options.cancelGraceMs ?? CANCEL_GRACE_MS,
      }),
      exited: process.exited,
      stop: (stopOptions) => child.stop(stopOptions),
    };
  } catch (error) {
    await child.stop({ graceMs: STOP_GRACE_MS });
    throw error;
  }
}

const initializeParams = {
  protocolVersion: PROTOCOL_VERSION,
  clientInfo: { name: "millrace", title: "Millrace", version: "0.1.0" },
  clientCapabilities: {
    fs: { readTextFile: false, writeTextFile: false },
    terminal: false,
    elicitation: { form: {} },
    // Codex says in words what a client does not take as these.
    session: { compaction: {}, notices: {} },
  },
};

interface CallContext {
  link: AgentLink;
  turns: AgentTurns;
  label: string;
}

function sessionCalls({
  link,
  settings,
  label,
}: Omit<CallContext, "turns"> & { settings: SettingsTracker }): Pick<
  AgentConnection,
  "newSession" | "loadSession"
> {
  return {
    async newSession({ cwd, mcpServers = [], signal }) {
      const answer = await link.call("session/new", { cwd, mcpServers }, signal);
      const { sessionId } = answer;
      if (typeof sessionId === "string" && sessionId !== "") {
        settings.open(sessionId, answer);
        return { sessionId, modelId: findModelId(answer) };
      }
      throw new AppError("unavailable", `${label} did not name its session`);
    },

    async loadSession({ sessionId, cwd, mcpServers = [], signal }) {
      const params = { sessionId, cwd, mcpServers };
      try {
        const answer = await link.call("session/load", params, signal);
        settings.open(sessionId, answer);
        return { modelId: findModelId(answer) };
      } catch (cause) {
        if (!isAnswer(cause)) throw cause;
        const details = { ...cause.details, reason: "session_not_loaded" };
        throw new AppError(cause.code, cause.message, { details, cause });
      }
    },
  };
}

function turnCalls({
  link,
  turns,
  label,
  exited,
  cancelGraceMs,
}: CallContext & { exited: Promise<AgentExit>; cancelGraceMs: number }): Pick<
  AgentConnection,
  "prompt" | "cancel"
> {
  const cancel = (sessionId: string) => {
    turns.cancel(sessionId);
    link.notify("session/cancel", { sessionId });
  };

  async function prompt({
    sessionId,
    blocks,
    onUpdate,
    signal,
  }: PromptOptions): Promise<TurnResult> {
    const turn = turns.begin(sessionId, onUpdate);
    const overdue = rejectAfterCancel(turn.cancelled, { graceMs: cancelGraceMs, label });
    const onAbort = () => cancel(sessionId);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const answer = link.call("session/prompt", { sessionId, prompt: blocks });
      if (signal?.aborted) onAbort();
      const result = readTurnResult(await Promise.race([answer, turn.failed, overdue.promise]));
      // Asked to stop, some agents end with `end_turn`, others with an error. It stopped.
      return turn.cancelled.aborted ? { ...result, stopReason: "cancelled" } : result;
    } catch (error) {
      if (turn.cancelled.aborted && isAnswer(error)) {
        return { stopReason: "cancelled", usage: null };
      }
      // Nobody follows a turn that goes on; what the agent says in it would be taken for the next one's.
      if (!isAnswer(error)) await link.giveUp();
      if (overdue.isOver()) {
        const exit = await withinMs(exited, EXIT_WAIT_MS);
        throw describeForcedEnd(exit, { graceMs: cancelGraceMs, label });
      }
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      overdue.clear();
      turn.end();
    }
  }

  return { cancel, prompt };
}
