import { SANDBOX_HOST } from "#lib/sandbox-host.ts";
import { findServerOrigin, serverOrigin } from "#server/accounts/server-origin.ts";
import type { Services } from "#server/services.ts";
import type { ExecutionTarget } from "./begin-output.ts";
import { createOutputToken } from "./output-token.ts";

type Needs = Pick<Services, "database" | "environment" | "sandboxDriver">;
type OutputVariables = Record<"MILLRACE_OUTPUTS_URL" | "MILLRACE_OUTPUT_TOKEN", string>;

/**
 * What an agent's environment says of outputs: `curl -T file -H "Authorization: Bearer $MILLRACE_OUTPUT_TOKEN"
 * "$MILLRACE_OUTPUTS_URL/name"` brings a file out.
 */
export async function outputVariables(
  { database, environment, sandboxDriver }: Needs,
  target: ExecutionTarget,
): Promise<OutputVariables> {
  const origin = new URL(
    (await findServerOrigin(environment.DATA_DIR)) ?? serverOrigin(environment, environment.PORT),
  );
  // Inside a sandbox, its own loopback is meant.
  if (sandboxDriver.isIsolating && isLoopback(origin.hostname)) origin.hostname = SANDBOX_HOST;
  return {
    MILLRACE_OUTPUTS_URL: `${origin.origin}/api/v1/sessions/${target.sessionId}/outputs`,
    MILLRACE_OUTPUT_TOKEN: await createOutputToken(database, target),
  };
}

const isLoopback = (hostname: string) => ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
