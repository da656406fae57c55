import type { AnyMessage, RequestPermissionOutcome } from "@agentclientprotocol/sdk";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";
import type { Log } from "#server/log.ts";
import { type AgentUpdate, PERMISSION_REQUEST } from "./agent-update.ts";
import type { PermissionPolicy, PermissionRequest } from "./permission-policy.ts";

/**
 * Takes one update; while its promise is open nothing more is read from the agent. A throw ends the turn and is the
 * last call.
 */
export type UpdateHandler = (update: AgentUpdate) => void | Promise<void>;

/** One `session/prompt` that waits for its answer. */
export interface Turn {
  /** Rejects when an update could not be taken. */
  failed: Promise<never>;
  cancelled: AbortSignal;
  end(): void;
}

interface OpenTurn {
  onUpdate: UpdateHandler;
  fail(error: unknown): void;
  cancellation: AbortController;
}

export interface AgentTurns {
  /** Throws `conflict` while a turn of the session is open. */
  begin(sessionId: string, onUpdate: UpdateHandler): Turn;
  /** Answers what the agent asks from now on, and what it has asked already, with `cancelled`. */
  cancel(sessionId: string): void;
  /** Takes updates out of the agent's messages and gives them to their turns, in order. */
  intercept(message: AnyMessage): boolean | Promise<boolean>;
  answerPermission(request: PermissionRequest): Promise<RequestPermissionOutcome>;
}

/**
 * Knows which turn an update belongs to. Updates of no open turn (the history that a loaded session repeats,
 * what comes after the end, sessions that nobody asked for) are counted and logged: their items are finished.
 */
export function createAgentTurns({
  log,
  onPermission,
}: {
  log: Log;
  onPermission: PermissionPolicy;
}): AgentTurns {
  const open = new Map<string, OpenTurn>();
  let strayCount = 0;

  async function deliver(sessionId: string, update: AgentUpdate): Promise<void> {
    const turn = open.get(sessionId);
    if (!turn) {
      strayCount += 1;
      log.debug(
        { sessionId, kind: update.sessionUpdate, strayCount },
        "agent update outside a turn",
      );
      return;
    }
    try {
      await turn.onUpdate(update);
    } catch (error) {
      turn.onUpdate = () => {};
      turn.fail(error);
    }
  }

  async function decide(request: PermissionRequest): Promise<RequestPermissionOutcome> {
    try {
      return await onPermission(request);
    } catch (error) {
      log.warn({ err: error }, "permission could not be decided");
      return { outcome: "cancelled" };
    }
  }

  return {
    begin(sessionId, onUpdate) {
      if (open.has(sessionId))
        throw new AppError("conflict", "The agent is still working on the last prompt");
      const cancellation = new AbortController();
      const { promise: failed, reject } = createDeferred<never>();
      // Raced by the caller while the turn lasts; afterwards nobody listens.
      failed.catch(() => {});
      open.set(sessionId, { onUpdate, fail: reject, cancellation });
      return { failed, cancelled: cancellation.signal, end: () => void open.delete(sessionId) };
    },

    cancel: (sessionId) => open.get(sessionId)?.cancellation.abort(),

    intercept(message) {
      if (!("method" in message) || !isRecord(message.params)) return false;
      const { sessionId, update, toolCall } = message.params;
      if (typeof sessionId !== "string") return false;
      if (message.method === "session/update") {
        if (!isUpdate(update)) return true;
        return deliver(sessionId, update).then(() => true);
      }
      if (message.method === "session/request_permission" && isRecord(toolCall)) {
        // Some agents describe a tool call nowhere else.
        return deliver(sessionId, { ...toolCall, sessionUpdate: PERMISSION_REQUEST }).then(
          () => false,
        );
      }
      return false;
    },

    async answerPermission(request) {
      const turn = open.get(request.sessionId);
      if (!turn || turn.cancellation.signal.aborted) return { outcome: "cancelled" };
      const cancelled = createDeferred<RequestPermissionOutcome>();
      turn.cancellation.signal.addEventListener("abort", () =>
        cancelled.resolve({ outcome: "cancelled" }),
      );
      return Promise.race([decide(request), cancelled.promise]);
    },
  };
}

function isUpdate(value: unknown): value is AgentUpdate {
  return isRecord(value) && typeof value["sessionUpdate"] === "string";
}
