/**
 * The steps of a preparation, in order. `lfs` is there only where the environment has files of Git LFS fetched to a new
 * folder, `restore` where a session comes back from a checkpoint; `prompt` ends with the agent's first update of the
 * first turn.
 */
export const preparationSteps = [
  "disk_check",
  "clone",
  "branch",
  "lfs",
  "setup",
  "restore",
  "agent_start",
  "prompt",
] as const;

export type PreparationStep = (typeof preparationSteps)[number];

export type StepStatus = "pending" | "running" | "done" | "failed";

/** What a page shows of one step. */
export interface StepState {
  step: PreparationStep;
  status: StepStatus;
  /** ISO 8601; null before the step begins. */
  startedAt: string | null;
  /** Null until the step has ended. */
  elapsedMs: number | null;
  /** Median of earlier runs on the same repository; null when there were none. */
  expectedMs: number | null;
  /** The end of the step's output, credentials removed. */
  logTail: string;
  /** What went wrong, safe to show; null unless failed. */
  message: string | null;
}

/**
 * The preparation of a session as last stored. `revision` grows with every change of any attempt, so a page
 * keeps what it has when something older arrives.
 */
export interface PreparationState {
  attempt: number;
  revision: number;
  status: "waiting" | "running" | "prepared" | "ready" | "failed";
  steps: StepState[];
}

/** Whether an attempt failed because the session's files could not be brought back: they may be given up. */
export const hasLostFiles = ({ steps }: Pick<PreparationState, "steps">): boolean =>
  steps.some(({ step, status }) => step === "restore" && status === "failed");

const optionalSteps: readonly PreparationStep[] = ["lfs", "restore"];

/** All steps pending, as a page shows them before a worker took the session; of the optional ones those of `also`. */
export function pendingSteps(also: readonly PreparationStep[] = []): StepState[] {
  const steps = preparationSteps.filter(
    (step) => also.includes(step) || !optionalSteps.includes(step),
  );
  return steps.map((step) => ({
    step,
    status: "pending",
    startedAt: null,
    elapsedMs: null,
    expectedMs: null,
    logTail: "",
    message: null,
  }));
}
