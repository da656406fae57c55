import type { Services } from "#server/services.ts";
import type { ExecutionTarget } from "./begin-output.ts";

/** What the server's settings say of outputs, for whoever makes them on behalf of an agent. */
export function outputOptions(
  { environment }: Pick<Services, "environment">,
  { sessionId, generation, executionId }: ExecutionTarget,
) {
  return {
    sessionId,
    generation,
    executionId,
    quotaBytes: environment.SESSION_OUTPUTS_MAX_BYTES,
    thresholdBytes: environment.REFERENCE_THRESHOLD_BYTES,
  };
}
