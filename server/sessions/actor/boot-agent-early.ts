import { agentProgramPaths } from "#server/agents/agent-program-paths.ts";
import { outputVariables } from "#server/outputs/output-variables.ts";
import { openRequestDesk } from "#server/permissions/request-desk.ts";
import type { Provision } from "#server/profiles/read-provision.ts";
import { hiddenValues } from "#server/secrets/hidden-values.ts";
import type { Services } from "#server/services.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";
import type { ActorView } from "./actor-view.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";
import { bootAgent, type BootedAgent } from "./start-agent.ts";

const EARLY_OUTPUT_CHARACTERS = 8_192;

interface BootOptions {
  ownership: Ownership;
  executionId: string;
  folders: WorkspaceFolders;
  view: ActorView;
  provisioning: Promise<Provision>;
  signal: AbortSignal;
}

/** An agent that comes up while other steps run; what it prints until its own step begins is kept for its log. */
export function bootAgentEarly(
  services: Services,
  { ownership, executionId, folders, view, provisioning, signal }: BootOptions,
) {
  const cancelled = new AbortController();
  let connection: Promise<BootedAgent> | null = null;
  let early = "";
  let listener: ((text: string) => void) | null = null;

  const onOutput = (text: string) => {
    if (listener) listener(text);
    else early = (early + text).slice(-EARLY_OUTPUT_CHARACTERS);
  };

  const boot = async () => {
    const agent = await services.agents.get(view.agentId);
    const provision = await provisioning;
    const agentPaths = services.environment.AGENT_PATHS;
    const { hasOwnSystem } = services.sandboxDriver;
    const outputs = await outputVariables(services, { ...ownership, executionId });
    const sandbox = await openSessionSandbox(services, {
      ownership,
      folders,
      readablePaths: await agentProgramPaths({ agent, agentPaths, hasOwnSystem }),
      ownRoutes: [outputs.MILLRACE_OUTPUTS_URL],
      provision,
      onOutput,
    });
    return bootAgent(services, {
      sandbox,
      desk: openRequestDesk(services, { ownership, executionId }),
      agent,
      folders,
      environment: { ...provision.environment, ...outputs },
      // Whoever reads what it says may not write in its name.
      secrets: [
        ...provision.secrets,
        ...hiddenValues(agent.environment),
        outputs.MILLRACE_OUTPUT_TOKEN,
      ],
      signal: AbortSignal.any([signal, cancelled.signal]),
      onOutput,
    });
  };

  return {
    begin() {
      connection = boot();
      // Whoever waits for it gets the error; until then it must not end the process.
      connection.catch(() => {});
    },
    follow(stepOutput: (text: string) => void) {
      listener = stepOutput;
      stepOutput(early);
    },
    async connected(stepSignal: AbortSignal): Promise<BootedAgent> {
      const abort = () => cancelled.abort(stepSignal.reason);
      stepSignal.addEventListener("abort", abort, { once: true });
      if (stepSignal.aborted) abort();
      connection ??= boot();
      return connection.finally(() => stepSignal.removeEventListener("abort", abort));
    },
    async cancel() {
      cancelled.abort();
      const started = await connection?.catch(() => null);
      await started?.stop();
    },
  };
}
