import { expect, test } from "vitest";
import { pendingSteps, type PreparationState, type StepStatus } from "#lib/preparation.ts";
import { preparationLine } from "./preparation-words.ts";

const at = (
  index: number,
  stepStatus: StepStatus,
  status: PreparationState["status"],
): PreparationState => ({
  attempt: 1,
  revision: 1,
  status,
  steps: pendingSteps().map((step, place) => ({
    ...step,
    status: place < index ? "done" : place === index ? stepStatus : "pending",
  })),
});

test.each<[PreparationState | null, number | null, string]>([
  [null, null, "Waiting for a worker"],
  [null, 3, "Waiting for a slot (3rd in line)"],
  [null, 12, "Waiting for a slot (12th in line)"],
  [at(1, "running", "running"), null, "Cloning the repository (2 of 6)"],
  [at(3, "failed", "failed"), null, "Failed: run the setup commands (4 of 6)"],
  [at(2, "pending", "running"), null, "Preparing the workspace"],
  [at(6, "pending", "ready"), null, "The workspace is ready"],
])("says where the preparation stands", (preparation, slotPosition, line) => {
  expect(preparationLine({ preparation, slotPosition, message: null })).toBe(line);
});

test.each([
  ["Stopped", "Stopped"],
  [null, "The preparation failed"],
])("says why it failed before any step: %s", (message, line) => {
  const preparation = at(0, "pending", "failed");
  expect(preparationLine({ preparation, slotPosition: null, message })).toBe(line);
});
