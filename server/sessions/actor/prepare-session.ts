import { createExecutionId } from "#lib/ids.ts";
import { parseRepository } from "#lib/repository.ts";
import { pendingSteps } from "#lib/preparation.ts";
import type { AppError } from "#lib/errors.ts";
import { agentProgramPaths } from "#server/agents/agent-program-paths.ts";
import { outputVariables } from "#server/outputs/output-variables.ts";
import { endRequests } from "#server/permissions/end-requests.ts";
import { openRequestDesk } from "#server/permissions/request-desk.ts";
import { type Provision, readProvision } from "#server/profiles/read-provision.ts";
import type { Services } from "#server/services.ts";
import { missingCheckpoint } from "#server/checkpoints/restore-checkpoint.ts";
import { checkDisk } from "#server/workspaces/check-disk.ts";
import { type WorkspaceFolders, workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import type { ActorView } from "./actor-view.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";
import { beginPreparation, type PreparationRecorder } from "./preparation-recorder.ts";
import { endTurn, returnPrompt } from "./settle-prompts.ts";
import { bootAgent, type BootedAgent, openAgentSession, type RunningAgent } from "./start-agent.ts";
import { locateWorkspace } from "./locate-workspace.ts";
import { beginWorkspace, forgetWorkspace, makeWorkspace } from "./make-workspace.ts";
import { findRestore, isHalfRestored, missingFiles } from "./restore-workspace.ts";

const DISK_CHECK_TIMEOUT_MS = 10_000;
const EARLY_OUTPUT_CHARACTERS = 8_192;

export interface Prepared {
  agent: RunningAgent;
  /** For the last step, `prompt`, which is the turn's. */
  preparation: PreparationRecorder;
}

interface PrepareOptions {
  ownership: Ownership;
  view: ActorView;
  /** Aborted with an `AppError` when the preparation must end. */
  signal: AbortSignal;
}

/**
 * Runs the steps up to `agent_start`; a workspace that is complete is used as it is. On failure nothing of the
 * attempt is left: no process, no temporary file, and, unless an agent has worked in it, no folder.
 */
export async function prepareSession(
  services: Services,
  { ownership, view, signal }: PrepareOptions,
): Promise<Prepared> {
  const { environment, agents } = services;
  const folders = foldersOf(services, ownership);
  const repository = parseRepository(view.repository, {
    allowLocalPaths: environment.AUTH_MODE === "local",
    allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
  });
  const place = await locateWorkspace(services, { ownership, view, folders });
  const isComplete = place === "whole";
  const restore = view.ready && !isComplete ? await findRestore(services, ownership) : null;
  const provisioning = readProvision(services, {
    ...view,
    sessionId: ownership.sessionId,
    repositoryKey: repository.key,
  });
  const readCommands = provisioning.then(({ setupCommands }) => setupCommands);
  const preparation = await beginPreparation({
    ...services,
    ownership,
    restores: restore !== null || place === "lost",
    work: {
      teamId: view.teamId,
      repository: repository.key,
      // Why they cannot be known is the first step's to say.
      setupCommands: await readCommands.catch(() => view.setupCommands),
    },
  });
  const executionId = createExecutionId();
  const boot = startBoot(services, { ownership, executionId, folders, view, provisioning, signal });
  try {
    const diskOptions = { timeoutMs: DISK_CHECK_TIMEOUT_MS, signal };
    const isLost = restore === null ? place === "lost" : !restore.isStored;
    const provision = await preparation.step("disk_check", diskOptions, async (step) => {
      await checkDisk({
        path: environment.DATA_DIR,
        minFreeBytes: environment.MIN_FREE_DISK_BYTES,
        signal: step.signal,
      });
      const provided = await provisioning;
      if (!isLost) await beginWorkspace(services, { ownership, isComplete, folders });
      return provided;
    });
    // Before anything of the session is touched: its folder may still be on a host that comes back.
    if (isLost) {
      const error = restore === null ? missingFiles() : missingCheckpoint();
      await preparation.step("restore", diskOptions, () => Promise.reject(error));
    }
    // The agent needs seconds to come up: meanwhile its workspace is made. A sandbox shows only what is there already.
    if (!services.sandboxDriver.isIsolating) boot.begin();
    await makeWorkspace(services, {
      isComplete,
      ownership,
      view,
      provision,
      restore,
      repository,
      folders,
      preparation,
      signal,
    });
    const timeoutMs = environment.AGENT_START_TIMEOUT_MS;
    const agent = await preparation.step(
      "agent_start",
      { timeoutMs, signal },
      async ({ signal: stepSignal, onOutput }) => {
        boot.follow(onOutput);
        const connection = await boot.connected(stepSignal);
        const definition = await agents.get(view.agentId);
        return openAgentSession(services, {
          ownership,
          executionId,
          agent: definition,
          connection,
          folders,
          view,
          provision,
          signal: stepSignal,
          onOutput,
        });
      },
    );
    return { agent, preparation };
  } catch (error) {
    await boot.cancel();
    throw error;
  }
}

const foldersOf = ({ environment }: Pick<Services, "environment">, ownership: Ownership) =>
  workspaceFolders({ dataDir: environment.DATA_DIR, ...ownership });

interface BootOptions {
  ownership: Ownership;
  executionId: string;
  folders: WorkspaceFolders;
  view: ActorView;
  provisioning: Promise<Provision>;
  signal: AbortSignal;
}

/** An agent that comes up while other steps run; what it prints until its own step begins is kept for its log. */
function startBoot(
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
      secrets: provision.secrets,
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

/** Prepared without a prompt to deliver: held back, or a session that goes on after its agent had ended. */
export async function markPrepared(
  services: Pick<Services, "database" | "bus">,
  ownership: Ownership,
  view: ActorView,
): Promise<void> {
  const { sessionId, generation } = ownership;
  await changeOwnSession(services, ownership, async (tx) => {
    const status = view.ready ? (view.prompt ? "working" : "idle") : "prepared";
    await tx`
      update sessions set status = ${status}, status_message = null where id = ${sessionId}`;
    await tx`
      update preparations
      set status = ${view.ready ? "ready" : "prepared"}, revision = revision + 1, updated_at = now()
      where session_id = ${sessionId} and generation = ${generation}`;
  });
}

interface FailOptions {
  ownership: Ownership;
  view: ActorView;
  error: AppError;
  /** The server ends and the attempt with it: the next worker begins it again, unless the agent had the prompt. */
  beginAgain: boolean;
}

/**
 * Records that the attempt failed and rolls back what it left. The session and its prompt stay, for Retry; a prompt
 * that had started is settled, because it is never sent twice.
 */
export async function failPreparation(
  services: Services,
  { ownership, view, error, beginAgain }: FailOptions,
): Promise<void> {
  const { sessionId, generation } = ownership;
  const wasReady = await changeOwnSession(services, ownership, async (tx, session) => {
    if (session.ready && !view.ready) {
      // It became ready in this attempt: what failed is the turn, and the agent has worked in the folder.
      await tx`
        update prompts
        set status = 'settled', outcome = 'failed', message = ${error.message}, settled_at = now()
        where session_id = ${sessionId} and generation = ${generation}
          and status in ('delivered', 'started')`;
      await endTurn(tx, ownership);
      return true;
    }
    const delivered = await returnPrompt(tx, ownership);
    await endRequests(tx, ownership, "expired");
    const status = beginAgain && !delivered ? "waiting" : "failed";
    const steps = status === "waiting" ? JSON.stringify(pendingSteps()) : null;
    if (status === "failed") {
      await tx`
        update sessions set status = 'failed', status_message = ${error.message}
        where id = ${sessionId}`;
    }
    await tx`
      update preparations
      set status = ${status}, revision = revision + 1, updated_at = now(),
        steps = coalesce(${steps}::text::jsonb, steps)
      where session_id = ${sessionId} and generation = ${generation}`;
    return session.ready;
  });
  // After the row and its fence were checked: only the owner removes a folder, and none that an agent has worked in.
  if (!wasReady || (await isHalfRestored(services, ownership)))
    await forgetWorkspace(services, ownership, foldersOf(services, ownership));
}
