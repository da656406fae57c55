import { isAppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import type { Provision } from "#server/profiles/read-provision.ts";
import { listConfirmedSetup } from "#server/profiles/setup-proposals.ts";
import { redactText } from "#server/sandboxes/redact-output.ts";
import type { Services } from "#server/services.ts";
import { runSetupCommand } from "#server/workspaces/run-setup-command.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";
import type { ActorView } from "./actor-view.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";
import type { StepContext } from "./preparation-recorder.ts";

interface SetupOptions {
  ownership: Ownership;
  view: ActorView;
  repository: Repository;
  provision: Provision;
  folders: WorkspaceFolders;
  /** The session has files already: a command that fails does not keep it from going on. */
  isRestored: boolean;
}

/** Runs what the repository proposes and somebody has confirmed, then the commands of environment and start. */
export async function runSetup(
  services: Services,
  { ownership, view, repository, provision, isRestored, folders }: SetupOptions,
  { signal, onOutput }: StepContext,
): Promise<void> {
  const { environment } = provision;
  const proposed = await listConfirmedSetup(services, ownership, {
    teamId: view.teamId,
    repositoryKey: repository.key,
    repositoryPath: folders.repositoryPath,
    onOutput,
  });
  const setupCommands = [...proposed, ...provision.setupCommands];
  if (setupCommands.length === 0) return;
  const sandbox = await openSessionSandbox(services, { ownership, folders, provision, onOutput });
  try {
    for (const command of setupCommands) {
      onOutput(`$ ${redactText(command, Object.values(environment))}\n`);
      await runSetupCommand({
        sandbox,
        command,
        folders,
        environment,
        timeoutMs: services.environment.SETUP_COMMAND_TIMEOUT_MS,
        signal,
        onOutput,
      }).catch((error: unknown) => {
        // The session has its files whatever becomes of what is installed beside them.
        if (!isRestored || signal.aborted || !isAppError(error)) throw error;
        onOutput(`${error.message}; the session goes on without it\n`);
      });
    }
  } finally {
    await sandbox.close();
  }
}
