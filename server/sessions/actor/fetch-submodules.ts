import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import type { Provision } from "#server/profiles/read-provision.ts";
import { measureFolder } from "#server/sandboxes/measure-folder.ts";
import type { Services } from "#server/services.ts";
import { checkoutSubmodules } from "#server/workspaces/checkout-submodules.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { openTeamMirror } from "../open-team-mirror.ts";
import type { ActorView } from "./actor-view.ts";
import type { StepContext } from "./preparation-recorder.ts";

interface FetchOptions {
  view: Pick<ActorView, "teamId" | "ready">;
  provision: Pick<Provision, "author">;
  repository: Repository;
  folders: WorkspaceFolders;
}

/**
 * The part of the step `branch` that an environment with submodules has; only for a fresh workspace. Where a session that
 * has worked comes back or begins anew, what cannot be had is noted: it must not wait for a repository that has gone.
 */
export async function fetchSubmodules(
  services: Services,
  { view: { teamId, ready }, provision, repository, folders }: FetchOptions,
  { signal, onOutput }: StepContext,
): Promise<void> {
  const { environment, sandbox } = services;
  await checkoutSubmodules({
    folders,
    repository,
    author: provision.author,
    allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS,
    openMirror: (wanted, access) =>
      openTeamMirror(services, { teamId, repository: wanted, ...access, signal, onOutput }),
    checkSize: () => requireSize(folders.basePath, environment.SESSION_DISK_MAX_BYTES, signal),
    sandbox,
    signal,
    timeoutMs: environment.CLONE_TIMEOUT_MS,
    onOutput,
    ...(ready && {
      onMissing: ({ message }) => onOutput(`${message}. Its folder is empty\n`),
    }),
  });
}

async function requireSize(path: string, maxBytes: number, signal: AbortSignal): Promise<void> {
  const bytes = await measureFolder(path, signal);
  if (bytes <= maxBytes) return;
  throw new AppError(
    "too_large",
    `With its submodules the repository takes more than ${bytesInWords(maxBytes)}, the most that a session may have`,
    { details: { reason: "disk_limit", bytes, maxBytes } },
  );
}
