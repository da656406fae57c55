import { chown, lchown, lstat, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { chooseServerIdentity, type ServerIdentity } from "./server-identity.ts";
import { findUnreachable } from "./unreachable-folder.ts";

/** Where things are below the embedded server's folder. */
export interface ClusterPaths {
  dataDir: string;
  /** PostgreSQL's own folder. */
  clusterPath: string;
  /** Readable for its owner only; made with the cluster and moved with it. */
  passwordPath: string;
  logPath: string;
}

export function clusterPaths(dataDir: string): ClusterPaths {
  const clusterPath = join(dataDir, "cluster");
  return {
    dataDir,
    clusterPath,
    passwordPath: join(clusterPath, "millrace-password"),
    logPath: join(dataDir, "server.log"),
  };
}

/**
 * Makes the folder and decides who runs the server: the owner of an existing cluster, else whom
 * `chooseServerIdentity` says. Files that root copied here are given to that user.
 */
export async function prepareDataDir({
  dataDir,
  clusterPath,
}: ClusterPaths): Promise<ServerIdentity | null> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const chosen = chooseServerIdentity();
  if (chosen === null) return null;
  const owner = await stat(clusterPath).catch(() => null);
  const identity = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : chosen;
  await chown(dataDir, identity.uid, identity.gid);
  if (owner?.uid === 0) await giveAllTo(clusterPath, identity);
  return identity;
}

/** The folder and everything in it; links themselves, not what they point at. */
export async function giveAllTo(path: string, identity: ServerIdentity): Promise<void> {
  await lchown(path, identity.uid, identity.gid);
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await giveAllTo(join(path, name), identity);
}

/**
 * The folder's name for PostgreSQL. A server that runs as another user may be unable to enter the folders above
 * (root's home has mode 0700), but it may stay in the folder that we enter for it.
 * Throws, naming the folder in the way, on systems that cannot do this.
 */
export async function nameForServer(
  path: string,
  identity: ServerIdentity | null,
): Promise<string> {
  if (identity === null) return path;
  if (process.platform === "linux") return "/proc/self/cwd";
  const unreachable = await findUnreachable(path, identity);
  if (unreachable === null) return path;
  throw new Error(
    `The embedded PostgreSQL cannot run as root and its user may not enter ${unreachable}: ` +
      "choose a DATA_DIR elsewhere, run Millrace as an ordinary user, or set DATABASE_URL",
  );
}
