import { client } from "@agentclientprotocol/sdk";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";
import type { Log } from "#server/log.ts";
import type { SandboxedProcess } from "#server/sandboxes/sandbox.ts";
import { type Answer, describeRpcError, readPermissionRequest } from "./agent-answers.ts";
import { untilAborted } from "./agent-deadlines.ts";
import { createAgentEnding } from "./agent-ending.ts";
import type { AgentProcess } from "./agent-process.ts";
import type { AgentTurns } from "./agent-turns.ts";
import { openMessageStream } from "./message-stream.ts";
import { createSecretFilter } from "./secret-filter.ts";
import { readQuestionRequest } from "./question-policy.ts";

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const GARBAGE_LINES_LOGGED = 20;

interface AgentLinkOptions {
  child: SandboxedProcess;
  process: AgentProcess;
  turns: AgentTurns;
  label: string;
  log: Log;
  maxMessageBytes?: number | undefined;
  /** Values that nobody is shown. */
  secrets?: readonly string[] | undefined;
}

/** JSON-RPC with a started agent. */
export interface AgentLink {
  /**
   * Rejects with a safe `AppError`; `isAnswer` tells that the agent itself answered so. When the connection broke, the
   * agent is gone by then. The signal ends the wait, not the agent's work.
   */
  call(method: string, params: unknown, signal?: AbortSignal): Promise<Answer>;
  notify(method: string, params: unknown): void;
  /** Stops an agent that cannot be used any more. Never rejects: what could not be stopped is in the log. */
  giveUp(): Promise<void>;
}

/** True for an error that the agent itself answered with: it is there, and done with the call. */
export function isAnswer(error: unknown): error is AppError {
  return isAppError(error) && error.details["isAnswer"] === true;
}

/**
 * The SDK carries requests and their answers. Updates never reach it: its schema refuses what real agents send, and
 * it does not wait for whoever takes them. Requests that we do not implement are answered with -32601 by the SDK.
 * An agent whose connection breaks is stopped, also between two calls: its exit is what tells its owner.
 */
export function openAgentLink({
  child,
  process,
  turns,
  label,
  log,
  maxMessageBytes,
  secrets = [],
}: AgentLinkOptions): AgentLink {
  const stream = openMessageStream({
    stdin: child.stdin,
    stdout: child.stdout,
    maxMessageBytes: maxMessageBytes ?? MAX_MESSAGE_BYTES,
    secrets: createSecretFilter(secrets),
    intercept: turns.intercept,
    onGarbage: createGarbageLog({ process, label, log }),
  });
  const connection = client({ name: "millrace" })
    .onRequest("session/request_permission", readPermissionRequest, async ({ params }) => ({
      outcome: await turns.answerPermission(params),
    }))
    .onRequest("elicitation/create", readQuestionRequest, ({ params }) =>
      params === null ? { action: "cancel" } : turns.answerQuestion(params),
    )
    .connect(stream);

  const ending = createAgentEnding({ child, process, label, log });
  const broken = createDeferred<AppError>();
  connection.signal.addEventListener("abort", () =>
    broken.resolve(ending.afterBreak(connection.signal.reason)),
  );

  async function describeFailure(error: unknown): Promise<AppError> {
    if (isAppError(error)) return error;
    if (connection.signal.aborted) return broken.promise;
    const reason = error instanceof Error ? process.redact(describeRpcError(error)) : "";
    return new AppError(
      "unavailable",
      `${label} answered with an error${reason ? `: ${reason}` : ""}`,
      {
        cause: error,
        details: { isAnswer: true },
      },
    );
  }

  return {
    async call(method, params, signal) {
      try {
        const result = await untilAborted(connection.agent.request(method, params), signal, label);
        return isRecord(result) ? result : {};
      } catch (error) {
        throw await describeFailure(error);
      }
    },
    notify(method, params) {
      // An agent that is gone needs no notification; open calls reject by themselves.
      connection.agent.notify(method, params).catch(() => {});
    },
    giveUp: ending.giveUp,
  };
}

/** Logs the first lines that are no messages and counts the others: some agents print their log there. */
function createGarbageLog({
  process,
  label,
  log,
}: {
  process: AgentProcess;
  label: string;
  log: Log;
}) {
  let lineCount = 0;
  return (line: string) => {
    lineCount += 1;
    if (lineCount > GARBAGE_LINES_LOGGED) return;
    log.warn(
      { agent: label, line: process.redact(line), lineCount },
      "agent printed a line that is no message",
    );
  };
}
