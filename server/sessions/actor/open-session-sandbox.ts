import type { SessionSandbox } from "#server/sandboxes/sandbox.ts";
import type { Services } from "#server/services.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";

interface OpenSandboxOptions {
  ownership: Pick<Ownership, "sessionId" | "generation">;
  folders: WorkspaceFolders;
  /** Besides the mirror that the workspace borrows from. */
  readablePaths?: readonly string[];
  /** Addresses of our own server that its processes may use. */
  ownRoutes?: readonly string[];
  onOutput(text: string): void;
}

/** For processes that the session brings along; after the clone, because what it borrows from must be there. */
export async function openSessionSandbox(
  { database, environment, sandboxDriver }: Services,
  { ownership, folders, readablePaths = [], ownRoutes = [], onOutput }: OpenSandboxOptions,
): Promise<SessionSandbox> {
  const { sessionId, generation } = ownership;
  const [row] = await database.sql<{ mirrorPath: string | null }[]>`
    select mirror_path as "mirrorPath" from workspaces
    where session_id = ${sessionId} and generation = ${generation}`;
  const mirrorPath = row?.mirrorPath ?? null;
  const sandbox = await sandboxDriver.prepare({
    sessionId,
    writablePaths: [folders.basePath],
    readablePaths: mirrorPath === null ? readablePaths : [mirrorPath, ...readablePaths],
    egress: {
      allowedHosts: environment.ALLOWED_HOSTS,
      // One without a port is a git server: on this machine it would open the database.
      allowedPrivateHosts: environment.ALLOWED_PRIVATE_HOSTS.filter((host) => /:\d+$/.test(host)),
      ownRoutes,
    },
    limits: {
      memoryBytes: environment.SESSION_MEMORY_MAX_BYTES,
      processCount: environment.SESSION_PROCESSES_MAX,
    },
    onRefused: (target) => onOutput(`This session may not connect to ${target}\n`),
  });
  for (const gap of sandbox.gaps) onOutput(`On this machine ${gap}\n`);
  return sandbox;
}
