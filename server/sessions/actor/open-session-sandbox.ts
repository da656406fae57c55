import { stat } from "node:fs/promises";
import { lfsStoreOf } from "#server/lfs/lfs-store.ts";
import { limitDisk } from "#server/sandboxes/limit-disk.ts";
import { SESSION_DISK_SLACK_BYTES } from "#lib/limits.ts";
import type { SessionSandbox } from "#server/sandboxes/sandbox.ts";
import type { Provision } from "#server/profiles/read-provision.ts";
import type { Services } from "#server/services.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";

interface OpenSandboxOptions {
  ownership: Pick<Ownership, "sessionId" | "generation">;
  folders: WorkspaceFolders;
  /** Left out for programs of ours, which need none of it. */
  provision?: Pick<Provision, "allowedHosts" | "memoryMaxBytes" | "processesMax">;
  /** As `SessionSandboxOptions` has it. */
  isVisitor?: boolean;
  /** Besides the mirror that the workspace borrows from. */
  readablePaths?: readonly string[];
  /** Addresses of our own server that its processes may use. */
  ownRoutes?: readonly string[];
  onOutput(text: string): void;
}

/** For processes that the session brings along; after the clone, because what it borrows from must be there. */
export async function openSessionSandbox(
  { database, environment, sandboxDriver, log }: Services,
  {
    ownership,
    folders,
    provision,
    isVisitor = false,
    readablePaths = [],
    ownRoutes = [],
    onOutput,
  }: OpenSandboxOptions,
): Promise<SessionSandbox> {
  const { sessionId, generation } = ownership;
  const [row] = await database.sql<{ mirrorPath: string | null }[]>`
    select mirror_path as "mirrorPath" from workspaces
    where session_id = ${sessionId} and generation = ${generation}`;
  const mirrorPath = row?.mirrorPath ?? null;
  const sandbox = await sandboxDriver.prepare({
    sessionId,
    generation,
    isVisitor,
    writablePaths: [folders.basePath],
    readablePaths: [...(await borrowedPaths(mirrorPath)), ...readablePaths],
    egress: {
      allowedHosts: [...environment.ALLOWED_HOSTS, ...(provision?.allowedHosts ?? [])],
      // One without a port is a git server: on this machine it would open the database.
      allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS.filter((host) => /:\d+$/.test(host)),
      ownRoutes,
    },
    limits: {
      memoryBytes: atMost(environment.SESSION_MEMORY_MAX_BYTES, provision?.memoryMaxBytes),
      processCount: atMost(environment.SESSION_PROCESSES_MAX, provision?.processesMax),
      processorCount: environment.SESSION_PROCESSORS_MAX || null,
      fileBytes: environment.SESSION_DISK_MAX_BYTES,
    },
    onRefused: (target) => onOutput(`This session may not connect to ${target}\n`),
  });
  for (const gap of sandbox.gaps) onOutput(`On this machine ${gap}\n`);
  return limitDisk(sandbox, {
    path: folders.basePath,
    maxBytes: environment.SESSION_DISK_MAX_BYTES,
    slackBytes: SESSION_DISK_SLACK_BYTES,
    log,
  });
}

/** The mirror, and its objects of Git LFS where it has some. */
async function borrowedPaths(mirrorPath: string | null): Promise<string[]> {
  if (mirrorPath === null) return [];
  const storePath = lfsStoreOf(mirrorPath);
  const store = await stat(storePath).catch(() => null);
  return store === null ? [mirrorPath] : [mirrorPath, storePath];
}

/** A profile may ask for less than the server gives, not for more. */
const atMost = (given: number, wanted: number | null | undefined) =>
  Math.min(given, wanted ?? given);
