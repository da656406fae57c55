import { randomBytes } from "node:crypto";
import {
  chown,
  lchown,
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import type { PostgresBinaries } from "./prepare-binaries.ts";
import { isRunning } from "./process-state.ts";
import { runAs } from "./run-as.ts";
import { chooseServerIdentity, type ServerIdentity } from "./server-identity.ts";
import { findUnreachable } from "./unreachable-folder.ts";

export const SUPERUSER = "millrace";

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

async function giveAllTo(path: string, identity: ServerIdentity): Promise<void> {
  await lchown(path, identity.uid, identity.gid);
  if (!(await stat(path)).isDirectory()) return;
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

interface EnsureClusterOptions {
  paths: ClusterPaths;
  binaries: PostgresBinaries;
  identity: ServerIdentity | null;
}

/**
 * Creates the cluster where there is none and returns its password. It is made under another name and moved when
 * complete: a start that is killed leaves nothing half-made, and of two starts at once the first wins.
 * Throws when the cluster was made by another major version of PostgreSQL.
 */
export async function ensureCluster(options: EnsureClusterOptions): Promise<string> {
  const { paths, binaries } = options;
  const version = await readIfExists(join(paths.clusterPath, "PG_VERSION"));
  if (version === null) await createCluster(options);
  else if (version.trim() !== binaries.majorVersion) {
    throw new Error(
      `The database in ${paths.clusterPath} was made by PostgreSQL ${version.trim()}, and this release of Millrace ` +
        `brings PostgreSQL ${binaries.majorVersion}: move it with pg_dump, or set DATABASE_URL to a server of your own`,
    );
  }
  const password = await readIfExists(paths.passwordPath);
  if (password === null)
    throw new Error(`The password of the embedded database is missing: ${paths.passwordPath}`);
  return password;
}

async function createCluster({ paths, binaries, identity }: EnsureClusterOptions): Promise<void> {
  const { dataDir, clusterPath } = paths;
  await removeUnfinished(dataDir);
  const unfinished = join(dataDir, `unfinished.${process.pid}.${randomBytes(4).toString("hex")}`);
  const password = randomBytes(24).toString("base64url");
  const passwordFile = `${unfinished}.password`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (identity) await giveAllTo(unfinished, identity);
    if (identity) await giveAllTo(passwordFile, identity);
    const pgdata = await nameForServer(unfinished, identity);
    await runAs({
      command: join(binaries.nativePath, "bin", "initdb"),
      args: initdbArguments({
        pgdata,
        passwordFile: `${pgdata}/../${passwordFile.slice(dataDir.length + 1)}`,
      }),
      identity,
      cwd: unfinished,
    });
    await rename(passwordFile, join(unfinished, "millrace-password"));
    await moveUnlessTaken(unfinished, clusterPath);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
  }
}

/** Sorting is by bytes, upper and lower case follow Unicode; neither changes with the machine's language. */
function initdbArguments({
  pgdata,
  passwordFile,
}: {
  pgdata: string;
  passwordFile: string;
}): string[] {
  return [
    ...["-D", pgdata, "-U", SUPERUSER, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"],
    ...["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    "--no-instructions",
  ];
}

async function moveUnlessTaken(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      ["ENOTEMPTY", "EEXIST"].includes(String(error.code))
    )
      return;
    throw error;
  }
}

/** What killed starts left; the name holds the number of the process that made it. */
async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const maker = /^unfinished\.(\d+)\./.exec(name)?.[1];
    if (maker && !(await isRunning(Number(maker))))
      await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

async function readIfExists(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
