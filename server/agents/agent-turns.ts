import type { AnyMessage, RequestPermissionOutcome } from "@agentclientprotocol/sdk";
import { createDeferred } from "#lib/create-deferred.ts";
import { AppError } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";
import type { Log } from "#server/log.ts";
import { type AgentUpdate, PERMISSION_REQUEST } from "./agent-update.ts";
import { createHeardInputs, type HeardInputs } from "./heard-inputs.ts";
import type { SettingsTracker } from "./settings-tracker.ts";
import type { DecisionOptions, PermissionPolicy, PermissionRequest } from "./permission-policy.ts";
import { questionCall, questionResult } from "./question-call.ts";
import type { QuestionOutcome, QuestionPolicy, QuestionRequest } from "./question-policy.ts";

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
  heard: HeardInputs;
  fail(error: unknown): void;
  cancellation: AbortController;
  ended: AbortController;
}

export interface AgentTurns {
  /** Throws `conflict` while a turn of the session is open. */
  begin(sessionId: string, onUpdate: UpdateHandler): Turn;
  /** Answers what the agent asks from now on, and what it has asked already, with `cancelled`. */
  cancel(sessionId: string): void;
  /** Takes updates out of the agent's messages and gives them to their turns, in order. */
  intercept(message: AnyMessage): boolean | Promise<boolean>;
  answerPermission(request: PermissionRequest): Promise<RequestPermissionOutcome>;
  /** The question and its answer become a tool call of the turn, unless they belong to one of the agent's. */
  answerQuestion(request: QuestionRequest): Promise<QuestionOutcome>;
}

/**
 * Knows which turn an update belongs to. Updates of no open turn (the history that a loaded session repeats,
 * what comes after the end, sessions that nobody asked for) are counted and logged: their items are finished.
 */
export function createAgentTurns({
  log,
  settings,
  onPermission,
  onQuestion,
}: {
  log: Log;
  /** Hears of every update, whether its session has a turn or not. */
  settings: Pick<SettingsTracker, "take">;
  onPermission: PermissionPolicy;
  onQuestion: QuestionPolicy;
}): AgentTurns {
  const open = new Map<string, OpenTurn>();
  let strayCount = 0;
  let questionCount = 0;

  async function deliver(sessionId: string, update: AgentUpdate): Promise<void> {
    settings.take(sessionId, update);
    const turn = open.get(sessionId);
    if (!turn) {
      strayCount += 1;
      log.debug(
        { sessionId, kind: update.sessionUpdate, strayCount },
        "agent update outside a turn",
      );
      return;
    }
    turn.heard.take(update);
    try {
      await turn.onUpdate(update);
    } catch (error) {
      turn.onUpdate = () => {};
      turn.fail(error);
    }
  }

  /** What `decide` says, or `cancelled` as soon as the turn is cancelled or over, and where nothing could be decided. */
  async function ask<Outcome>(
    sessionId: string,
    decide: (options: DecisionOptions) => Outcome | Promise<Outcome>,
    cancelled: Outcome,
  ): Promise<Outcome> {
    const turn = open.get(sessionId);
    if (!turn || turn.cancellation.signal.aborted) return cancelled;
    const signal = AbortSignal.any([turn.cancellation.signal, turn.ended.signal]);
    const given = createDeferred<Outcome>();
    signal.addEventListener("abort", () => given.resolve(cancelled), { once: true });
    const decided = Promise.resolve({ signal })
      .then(decide)
      .catch((error: unknown) => {
        log.warn({ err: error }, "what an agent asked could not be decided");
        return cancelled;
      });
    return Promise.race([decided, given.promise]);
  }

  return {
    begin(sessionId, onUpdate) {
      if (open.has(sessionId))
        throw new AppError("conflict", "The agent is still working on the last prompt");
      const cancellation = new AbortController();
      const { promise: failed, reject } = createDeferred<never>();
      // Raced by the caller while the turn lasts; afterwards nobody listens.
      failed.catch(() => {});
      const ended = new AbortController();
      const heard = createHeardInputs();
      open.set(sessionId, { onUpdate, heard, fail: reject, cancellation, ended });
      const end = () => {
        open.delete(sessionId);
        ended.abort();
      };
      return { failed, cancelled: cancellation.signal, end };
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

    answerPermission(request) {
      const { sessionId, toolCall } = request;
      const heardInput = open.get(sessionId)?.heard.get(toolCall.toolCallId);
      return ask(sessionId, (options) => onPermission({ ...request, heardInput }, options), {
        outcome: "cancelled",
      });
    },

    async answerQuestion(request) {
      questionCount += 1;
      const callId = request.toolCallId ?? `question-${questionCount}`;
      await deliver(request.sessionId, questionCall(request, callId));
      const outcome = await ask<QuestionOutcome>(
        request.sessionId,
        (options) => onQuestion(request, options),
        { action: "cancel" },
      );
      if (request.toolCallId === null && outcome.action !== "cancel")
        await deliver(request.sessionId, questionResult(outcome, callId));
      return outcome;
    },
  };
}

function isUpdate(value: unknown): value is AgentUpdate {
  return isRecord(value) && typeof value["sessionUpdate"] === "string";
}
