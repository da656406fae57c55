import { findServerOrigin, serverOrigin } from "#server/accounts/server-origin.ts";
import type { Services } from "#server/services.ts";
import type { ExecutionTarget } from "./begin-output.ts";
import { createOutputToken } from "./output-token.ts";

type OutputVariables = Record<"MILLRACE_OUTPUTS_URL" | "MILLRACE_OUTPUT_TOKEN", string>;

/**
 * What an agent's environment says of outputs: `curl -T file -H "Authorization: Bearer $MILLRACE_OUTPUT_TOKEN"
 * "$MILLRACE_OUTPUTS_URL/name"` brings a file out.
 */
export async function outputVariables(
  { database, environment }: Pick<Services, "database" | "environment">,
  target: ExecutionTarget,
): Promise<OutputVariables> {
  const origin =
    (await findServerOrigin(environment.DATA_DIR)) ?? serverOrigin(environment, environment.PORT);
  return {
    MILLRACE_OUTPUTS_URL: `${origin}/api/v1/sessions/${target.sessionId}/outputs`,
    MILLRACE_OUTPUT_TOKEN: await createOutputToken(database, target),
  };
}
