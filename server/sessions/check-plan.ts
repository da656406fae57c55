import { AppError, isAppError } from "#lib/errors.ts";
import { parseBranch, parseRepository, type Repository } from "#lib/repository.ts";
import type { Services } from "#server/services.ts";

export interface CheckedPlan {
  repository: Repository;
  branch: string | null;
  agentId: string;
  setupCommands: string[];
  environment: Record<string, string>;
}

interface Plan {
  repository: string;
  branch?: string | undefined;
  agent?: string | undefined;
  setupCommands?: string[] | undefined;
  environment?: Record<string, string> | undefined;
}

/** What can be known about a request without network and disk; throws `invalid_input` with the field's name. */
export function checkPlan(
  { environment, agents }: Pick<Services, "environment" | "agents">,
  plan: Plan,
): CheckedPlan {
  const agentId = plan.agent ?? environment.DEFAULT_AGENT;
  requireAgent({ agents }, agentId, "agent");
  return {
    repository: atField("repository", () =>
      parseRepository(plan.repository, {
        allowLocalPaths: environment.AUTH_MODE === "local",
        allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
      }),
    ),
    branch: plan.branch ? atField("branch", () => parseBranch(plan.branch ?? "")) : null,
    agentId,
    setupCommands: plan.setupCommands ?? [],
    environment: plan.environment ?? {},
  };
}

/** Throws `invalid_input` with the field for an agent that is not there. */
export function requireAgent(
  { agents }: Pick<Services, "agents">,
  agentId: string,
  field: string,
): void {
  if (!agents.has(agentId))
    throw new AppError("invalid_input", `There is no agent "${agentId}"`, { details: { field } });
}

/** Adds the field's name to what a parser of `lib` refuses. */
function atField<Value>(field: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (isAppError(error)) {
      throw new AppError(error.code, error.message, {
        details: { ...error.details, field },
        cause: error,
      });
    }
    throw error;
  }
}
