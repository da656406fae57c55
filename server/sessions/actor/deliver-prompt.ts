import { AppError, isAppError, toAppError } from "#lib/errors.ts";
import type { Services } from "#server/services.ts";
import { isOwnershipLost, type Ownership } from "../change-session.ts";
import type { GivenPrompt } from "./actor-view.ts";
import type { PreparationRecorder } from "./preparation-recorder.ts";
import { describeFailure } from "./describe-end.ts";
import { runTurn, type Turn } from "./run-turn.ts";
import { settlePrompt } from "./settle-prompts.ts";
import type { RunningAgent } from "./start-agent.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log" | "environment" | "processId">;

interface TurnOptions {
  ownership: Ownership;
  agent: RunningAgent;
  prompt: GivenPrompt;
  costBeforeUsd: number;
  /** Aborted with the reason why the turn must end. */
  signal: AbortSignal;
  /** Aborted when an outage of the database is not waited for any longer. */
  mustStop: AbortSignal;
}

/**
 * The first prompt of a session is the last step of its preparation, done with the agent's first word. A failure
 * before that is thrown: the prompt waits again and Retry is offered. What comes later belongs to the turn.
 */
export async function firstTurn(
  services: Needs,
  { preparation, ...options }: TurnOptions & { preparation: PreparationRecorder },
): Promise<void> {
  const { FIRST_UPDATE_TIMEOUT_MS: timeoutMs } = services.environment;
  const limits = limitTurn(services, options.signal);
  const begun: { turn: Turn | null } = { turn: null };
  try {
    const stepOptions = { timeoutMs, signal: options.signal };
    const step = preparation.step("prompt", stepOptions, async ({ signal }) => {
      const running = runTurn(services, { ...options, signal: limits.signal });
      begun.turn = running;
      const silent = () => limits.end(silenceReason(signal));
      signal.addEventListener("abort", silent, { once: true });
      await running.started.finally(() => signal.removeEventListener("abort", silent));
    });
    await step.catch(async (error: unknown) => {
      // The step may fail although the turn runs, when it could not be recorded: both end together.
      limits.end(toAppError(error));
      await begun.turn?.ended.catch(() => {});
      throw error;
    });
    await begun.turn?.ended;
  } finally {
    limits.clear();
  }
}

/** A later prompt: whatever goes wrong settles it, and the session goes on. */
export async function followUpTurn(services: Needs, options: TurnOptions): Promise<void> {
  const limits = limitTurn(services, options.signal);
  try {
    await runTurn(services, { ...options, signal: limits.signal }).ended;
  } catch (cause) {
    const error = toAppError(cause);
    if (error.code === "gone" || isOwnershipLost(error)) throw error;
    if (error.code === "internal") services.log.error({ err: cause }, "turn failed");
    await settlePrompt(services, options.ownership, {
      messageId: options.prompt.messageId,
      ...describeFailure(error, limits.signal),
    });
  } finally {
    limits.clear();
  }
}

/** The turn's own end: the caller's reasons, the longest turn, and `end`. */
function limitTurn({ environment }: Needs, signal: AbortSignal) {
  const own = new AbortController();
  const timer = setTimeout(() => {
    own.abort(turnOverdue());
  }, environment.TURN_TIMEOUT_MS);
  return {
    signal: AbortSignal.any([signal, own.signal]),
    end: (reason: AppError) => own.abort(reason),
    clear: () => clearTimeout(timer),
  };
}

const turnOverdue = () =>
  new AppError("unavailable", "The turn took longer than this server allows", {
    details: { isOverdue: true },
  });

function silenceReason({ reason }: AbortSignal): AppError {
  if (isAppError(reason)) return reason;
  return new AppError("unavailable", "The agent did not answer in time", { cause: reason });
}
