import { type AppError, isAppError } from "#lib/errors.ts";
import type { PromptOutcome } from "#lib/session-state.ts";
import { isStop } from "./watch-for-stop.ts";

/** How a turn ended, and why; safe to show. */
export interface End {
  outcome: PromptOutcome;
  /** Null when completed. */
  message: string | null;
}

/** Of a turn that the agent has ended. `signal` tells why it was asked to, where it was. */
export function describeEnd(stopReason: string, signal: AbortSignal): End {
  switch (stopReason) {
    case "cancelled":
      return describeAbort(signal, "The agent ended its turn when it was asked to");
    case "refusal":
      return { outcome: "failed", message: "The agent refused to go on" };
    case "max_tokens":
      return { outcome: "failed", message: "The answer reached the model's limit of tokens" };
    case "max_turn_requests":
      return { outcome: "failed", message: "The turn reached the agent's limit of requests" };
    default:
      return { outcome: "completed", message: null };
  }
}

/** Of a turn that ended with an error: the agent's, or that it had to be ended. */
export function describeFailure(error: AppError, signal: AbortSignal): End {
  if (!signal.aborted) return { outcome: "failed", message: error.message };
  if (error === signal.reason) return describeAbort(signal, "The agent had not begun");
  return describeAbort(signal, error.message);
}

/** `stage` says how far a person's Stop had to go. */
function describeAbort({ reason }: AbortSignal, stage: string): End {
  if (!isAppError(reason)) return { outcome: "interrupted", message: "The turn was stopped" };
  if (reason.details["isOverdue"] === true) return { outcome: "failed", message: reason.message };
  const message = isStop(reason) ? stage : reason.message;
  return { outcome: "interrupted", message };
}
