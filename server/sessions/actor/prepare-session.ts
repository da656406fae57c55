import { createExecutionId } from "#lib/ids.ts";
import { parseRepository } from "#lib/repository.ts";
import { readProvision } from "#server/profiles/read-provision.ts";
import type { Services } from "#server/services.ts";
import { missingCheckpoint } from "#server/checkpoints/restore-checkpoint.ts";
import { checkDisk } from "#server/workspaces/check-disk.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";
import type { ActorView } from "./actor-view.ts";
import { bootAgentEarly } from "./boot-agent-early.ts";
import { beginPreparation, type PreparationRecorder } from "./preparation-recorder.ts";
import { openAgentSession, type RunningAgent } from "./start-agent.ts";
import { locateWorkspace } from "./locate-workspace.ts";
import { beginWorkspace, makeWorkspace } from "./make-workspace.ts";
import { findRestore, hasKept, missingFiles } from "./restore-workspace.ts";

const DISK_CHECK_TIMEOUT_MS = 10_000;

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
  const folders = workspaceFolders({ dataDir: environment.DATA_DIR, ...ownership });
  const repository = parseRepository(view.repository, {
    allowLocalPaths: environment.AUTH_MODE === "local",
    allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
  });
  const place = await locateWorkspace(services, { ownership, view, folders });
  const isComplete = place === "whole";
  const restore = view.ready && !isComplete ? await findRestore(services, ownership) : null;
  const isStartedOver = place === "none" && restore === null && view.ready;
  const keepsSomething = isStartedOver && (await hasKept(services, ownership));
  const provisioning = readProvision(services, {
    ...view,
    sessionId: ownership.sessionId,
    repositoryKey: repository.key,
  });
  const readCommands = provisioning.then(({ setupCommands }) => setupCommands);
  const preparation = await beginPreparation({
    ...services,
    ownership,
    also: [
      // A folder that is here may have been made before the choice.
      ...(!isComplete && (await provisioning.catch(() => null))?.lfs ? (["lfs"] as const) : []),
      ...(restore !== null || place === "lost" || keepsSomething ? (["restore"] as const) : []),
    ],
    work: {
      teamId: view.teamId,
      repository: repository.key,
      // Why they cannot be known is the first step's to say.
      setupCommands: await readCommands.catch(() => view.setupCommands),
    },
  });
  const executionId = createExecutionId();
  const boot = bootAgentEarly(services, {
    ownership,
    executionId,
    folders,
    view,
    provisioning,
    signal,
  });
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
      keepsSomething,
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
