import { type PreparationState, type PreparationStep, type StepState } from "#lib/preparation.ts";
import type { SessionState } from "#lib/session-state.ts";

/** Before, while and after. */
const words: Readonly<Record<PreparationStep, readonly [string, string, string]>> = {
  disk_check: ["Check the disk", "Checking the disk", "Checked the disk"],
  clone: ["Clone the repository", "Cloning the repository", "Cloned the repository"],
  branch: ["Check out the branch", "Checking out the branch", "Checked out the branch"],
  lfs: ["Fetch Git LFS files", "Fetching Git LFS files", "Fetched Git LFS files"],
  setup: ["Run the setup commands", "Running the setup commands", "Ran the setup commands"],
  restore: ["Restore the files", "Restoring the files", "Restored the files"],
  agent_start: ["Start the agent", "Starting the agent", "Started the agent"],
  prompt: ["Hand over the prompt", "Handing over the prompt", "Handed over the prompt"],
};

export function stepLabel({ step, status }: StepState): string {
  const [before, during, after] = words[step];
  return status === "running" ? during : status === "done" ? after : before;
}

/** The running step, else the one that failed; null when there is neither. */
export function currentStep({ steps }: PreparationState): StepState | null {
  return (
    steps.find(({ status }) => status === "running") ??
    steps.find(({ status }) => status === "failed") ??
    null
  );
}

/** One line for people and screen readers: `Cloning the repository (2 of 6)`. */
export function preparationLine({
  preparation,
  slotPosition,
  message,
}: Pick<SessionState, "preparation" | "slotPosition" | "message">): string {
  if (slotPosition !== null) return `Waiting for a slot (${ordinal(slotPosition)} in line)`;
  if (preparation === null || preparation.status === "waiting") return "Waiting for a worker";
  const step = currentStep(preparation);
  switch (preparation.status) {
    case "ready":
      return "The workspace is ready";
    case "prepared":
      return "Prepared; the prompt has not been sent";
    case "failed":
      return step === null
        ? (message ?? "The preparation failed")
        : `Failed: ${stepLabel(step).toLowerCase()} (${position(step, preparation)})`;
    case "running":
      return step === null
        ? "Preparing the workspace"
        : `${stepLabel(step)} (${position(step, preparation)})`;
  }
}

/** Milliseconds that the ended steps took together. */
export function preparationElapsedMs({ steps }: PreparationState): number {
  return steps.reduce((sum, { elapsedMs }) => sum + (elapsedMs ?? 0), 0);
}

function position(step: StepState, { steps }: PreparationState): string {
  return `${steps.indexOf(step) + 1} of ${steps.length}`;
}

function ordinal(place: number): string {
  const isTeen = place % 100 >= 11 && place % 100 <= 13;
  const ending = isTeen ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[place % 10] ?? "th");
  return `${place}${ending}`;
}
