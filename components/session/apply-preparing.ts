import type { PreparingEvent } from "#lib/live-protocol.ts";
import {
  pendingSteps,
  preparationSteps,
  type PreparationState,
  type StepState,
} from "#lib/preparation.ts";

/**
 * One volatile event about a step. Revision and end are checked before anything changes: what is older, of an earlier
 * attempt, or about an attempt that is over, is ignored (rule 43). How an attempt ends only the `state` event says.
 */
export function applyPreparing(
  current: PreparationState | null,
  event: PreparingEvent,
): PreparationState | null {
  if (current && (event.attempt < current.attempt || event.revision <= current.revision))
    return current;
  const isSameAttempt = current?.attempt === event.attempt;
  if (isSameAttempt && isOver(current)) return current;

  const before = isSameAttempt ? current.steps : stepsOfNewAttempt(current, event.step);
  const steps = withOptional(before, event.step);
  return {
    attempt: event.attempt,
    revision: event.revision,
    status: "running",
    steps: steps.map((step) => (step.step === event.step.step ? event.step : step)),
  };
}

/** The one that knows more; the same object when nothing is newer. */
export function newerPreparation(
  current: PreparationState | null,
  next: PreparationState | null,
): PreparationState | null {
  if (current === null || next === null) return next ?? current;
  return next.revision >= current.revision ? next : current;
}

function isOver({ status }: PreparationState): boolean {
  return status === "ready" || status === "prepared" || status === "failed";
}

/** An attempt begins at the step that failed before: earlier steps stay done. */
function stepsOfNewAttempt(current: PreparationState | null, first: StepState): StepState[] {
  const firstIndex = preparationSteps.indexOf(first.step);
  return pendingSteps().map((step) => {
    const before = current?.steps.find((one) => one.step === step.step);
    const isEarlier = preparationSteps.indexOf(step.step) < firstIndex;
    return before?.status === "done" && isEarlier ? before : step;
  });
}

/** Only the step itself tells that there is one. */
function withOptional(steps: StepState[], { step }: StepState): StepState[] {
  if (steps.some((one) => one.step === step)) return steps;
  return pendingSteps([step, ...steps.map((one) => one.step)]).map(
    (pending) => steps.find((one) => one.step === pending.step) ?? pending,
  );
}
