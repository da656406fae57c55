import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { giveAllTo, nameForServer, type ClusterPaths } from "./data-dir.ts";
import type { PostgresBinaries } from "./prepare-binaries.ts";
import { isRunning } from "./process-state.ts";
import { runAs } from "./run-as.ts";
import type { ServerIdentity } from "./server-identity.ts";

export const SUPERUSER = "millrace";

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
      args: [
        `--pgdata=${pgdata}`,
        `--pwfile=${pgdata}/../${basename(passwordFile)}`,
        `--username=${SUPERUSER}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-instructions",
        ...localeArguments,
      ],
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
const localeArguments = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];

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
