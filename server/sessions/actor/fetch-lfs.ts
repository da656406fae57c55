import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import { linkObjects, setUpFilters, writeFiles } from "#server/lfs/checkout-lfs.ts";
import { fetchObjects, isPassing } from "#server/lfs/fetch-objects.ts";
import { findLfsEndpoint } from "#server/lfs/find-lfs-endpoint.ts";
import { listPointerFiles, usesLfs } from "#server/lfs/list-pointer-files.ts";
import { hasObject, lfsStoreOf } from "#server/lfs/lfs-store.ts";
import type { PointerFile } from "#server/lfs/parse-pointer.ts";
import { measureFolder } from "#server/sandboxes/measure-folder.ts";
import type { WorkspaceShell } from "#server/checkpoints/workspace-script.ts";
import type { Services } from "#server/services.ts";
import { checkDisk } from "#server/workspaces/check-disk.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { getWorkspaceMarker } from "#server/workspaces/workspace-marker.ts";
import type { Ownership } from "../change-session.ts";
import { addressRulesOf } from "../open-team-mirror.ts";
import type { ActorView } from "./actor-view.ts";
import { openSessionSandbox } from "./open-session-sandbox.ts";
import type { StepContext } from "./preparation-recorder.ts";

interface FetchOptions {
  ownership: Ownership;
  view: Pick<ActorView, "teamId" | "ready">;
  repository: Repository;
  folders: WorkspaceFolders;
}

const SCRIPT_TIMEOUT_MS = 5 * 60_000;
const NOTE_TIMEOUT_MS = 10_000;

/**
 * The step `lfs`, only for a fresh workspace. Objects are kept beside the mirror, for all of its sessions. Where a session
 * that has worked comes back or begins anew, what will not be had later either is noted and stays a pointer.
 */
export async function fetchLfs(
  services: Services,
  options: FetchOptions,
  step: StepContext,
): Promise<void> {
  const { folders } = options;
  await inSandbox(services, { ...options, ...step }, setUpFilters);
  const files = await listPointerFiles(workTreeOf(services, options, step));
  if (files.length === 0) return step.onOutput("No file of this commit is in Git LFS\n");
  const storePath = lfsStoreOf((await getWorkspaceMarker(folders)).mirrorPath);
  const objects = [...new Map(files.map((file) => [file.oid, file])).values()];
  const hasRoom = await noteWhenBack(options, step, () =>
    requireRoom(services, { files, objects, storePath, folders, signal: step.signal }),
  );
  if (!hasRoom) return;
  await bringObjects(services, { ...options, objects, storePath }, step);
  await linkObjects(folders.repositoryPath, { storePath, objects, signal: step.signal });
  await inSandbox(services, { ...options, ...step }, (shell) =>
    writeFiles(shell, { storePath, files }),
  );
  // What a session takes that comes back is looked at while it works.
  if (!options.view.ready) await requireSize(services, { folders, bytes: 0, signal: step.signal });
}

/** For a session that has worked before: what `act` fails with for good is noted, and false comes back. */
async function noteWhenBack(
  { view }: Pick<FetchOptions, "view">,
  { signal, onOutput }: StepContext,
  act: () => Promise<void>,
): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (!view.ready || signal.aborted || !isAppError(error) || isPassing(error)) throw error;
    onOutput(`${error.message}. Files in Git LFS stay pointers\n`);
    return false;
  }
}

/** Says once that files in Git LFS are pointers here. A note alone: where it takes long or fails, it is left out. */
export async function noteLfs(
  services: Pick<Services, "sandbox" | "log">,
  { folders }: Pick<FetchOptions, "folders">,
  step: StepContext,
): Promise<void> {
  const signal = AbortSignal.any([step.signal, AbortSignal.timeout(NOTE_TIMEOUT_MS)]);
  const workTree = workTreeOf(services, { folders }, { ...step, signal });
  const isUsed = await usesLfs(workTree).catch((error: unknown) => {
    step.signal.throwIfAborted();
    services.log.warn({ err: error }, "not known whether files are in Git LFS");
    return false;
  });
  if (!isUsed) return;
  step.onOutput("Files in Git LFS stay pointers: the environment does not have them fetched\n");
}

const workTreeOf = (
  { sandbox }: Pick<Services, "sandbox">,
  { folders }: Pick<FetchOptions, "folders">,
  { signal, onOutput }: StepContext,
) => ({
  cwd: folders.repositoryPath,
  homePath: folders.homePath,
  sandbox,
  signal,
  onOutput,
  timeoutMs: SCRIPT_TIMEOUT_MS,
});

/** Filters are programs, and run where the agent's do. */
async function inSandbox(
  services: Services,
  { ownership, folders, signal, onOutput }: FetchOptions & StepContext,
  use: (shell: WorkspaceShell) => Promise<void>,
): Promise<void> {
  const sandbox = await openSessionSandbox(services, { ownership, folders, onOutput });
  try {
    await use({ sandbox, folders, signal, timeoutMs: services.environment.CLONE_TIMEOUT_MS });
  } finally {
    await sandbox.close();
  }
}

interface BringOptions extends FetchOptions {
  objects: PointerFile[];
  storePath: string;
}

async function bringObjects(
  services: Services,
  options: BringOptions,
  step: StepContext,
): Promise<void> {
  const { view, repository, objects, storePath } = options;
  const { signal, onOutput } = step;
  const { ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts } = services.environment;
  const context = workTreeOf(services, options, step);
  const where = { context, repository, commit: "HEAD", allowedPrivateHosts };
  const rules = addressRulesOf(services, { teamId: view.teamId, signal });
  const note = ({ message }: AppError) => onOutput(`${message}. It stays a pointer\n`);
  await noteWhenBack(options, step, async () =>
    fetchObjects({
      access: { repository, rules },
      endpoint: await findLfsEndpoint({ ...where, operation: "download" }),
      files: objects,
      storePath,
      onOutput,
      ...(view.ready && { onMissing: note }),
    }),
  );
}

interface RoomOptions {
  files: PointerFile[];
  objects: PointerFile[];
  storePath: string;
  folders: WorkspaceFolders;
  signal: AbortSignal;
}

/** Before anything is fetched: what the session may have, and what the disk has. */
async function requireRoom(
  services: Services,
  { files, objects, storePath, folders, signal }: RoomOptions,
): Promise<void> {
  const bytes = sumOf(files);
  await requireSize(services, { folders, bytes, signal });
  const missing: PointerFile[] = [];
  for (const object of objects) {
    signal.throwIfAborted();
    if (!(await hasObject(storePath, object))) missing.push(object);
  }
  const { DATA_DIR: path, MIN_FREE_DISK_BYTES } = services.environment;
  const minFreeBytes = MIN_FREE_DISK_BYTES + bytes + sumOf(missing);
  await checkDisk({ path, minFreeBytes, signal });
}

const sumOf = (files: PointerFile[]) => files.reduce((sum, { size }) => sum + size, 0);

/** `bytes` are yet to come. */
async function requireSize(
  { environment }: Services,
  { folders, bytes, signal }: { folders: WorkspaceFolders; bytes: number; signal: AbortSignal },
): Promise<void> {
  const maxBytes = environment.SESSION_DISK_MAX_BYTES;
  const total = bytes + (await measureFolder(folders.basePath, signal));
  if (total <= maxBytes) return;
  throw new AppError(
    "too_large",
    `With its files in Git LFS the repository takes more than ${bytesInWords(maxBytes)}, the most that a session may have`,
    { details: { reason: "disk_limit", bytes: total, maxBytes } },
  );
}
