import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { runAs } from "./run-as.ts";
import type { ServerIdentity } from "./server-identity.ts";
import { findUnreachable } from "./unreachable-folder.ts";

export interface PostgresBinaries {
  /** Folder with `bin`, `lib` and `share`. */
  nativePath: string;
  majorVersion: string;
}

interface PrepareBinariesOptions {
  packagePath: string;
  /** User that has to run them; null for our own. */
  identity: ServerIdentity | null;
  /** Folder for a copy, where one is needed; reachable for `identity`. */
  copiesPath: string;
}

/**
 * Makes the package's programs usable. Creates the library links that npm's install script would have made
 * (`npm ci --ignore-scripts` leaves them out), and works on a copy where the package cannot be written or where the
 * server's user cannot get at it (an application in root's home). Safe to run twice and by several processes at once.
 */
export async function prepareBinaries(options: PrepareBinariesOptions): Promise<PostgresBinaries> {
  const { packagePath, identity, copiesPath } = options;
  const native = join(packagePath, "native");
  const inPlace = await makeUsableInPlace(native, identity);
  const nativePath = inPlace ? native : await ensureCopy({ packagePath, copiesPath });
  return { nativePath, majorVersion: await readMajorVersion(nativePath, identity) };
}

/** False when only a copy can help. */
async function makeUsableInPlace(
  native: string,
  identity: ServerIdentity | null,
): Promise<boolean> {
  for (const path of [join(native, "bin", "postgres"), join(native, "lib")]) {
    if (identity && (await findUnreachable(path, identity)) !== null) return false;
  }
  try {
    await createMissingLinks(native);
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      ["EACCES", "EROFS", "EPERM"].includes(String(error.code))
    ) {
      return false;
    }
    throw error;
  }
}

async function createMissingLinks(native: string): Promise<void> {
  const listPath = join(native, "pg-symlinks.json");
  if (!existsSync(listPath)) return;
  const links: { source: string; target: string }[] = JSON.parse(await readFile(listPath, "utf8"));
  for (const { source, target } of links) {
    // Paths of the list start with `native/`.
    const from = join(dirname(native), target);
    if (existsSync(from)) continue;
    const to = relative(dirname(from), join(dirname(native), source));
    await symlink(to, from).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** Copies once per version, under another name first, so that a half-made copy is never used. */
async function ensureCopy({
  packagePath,
  copiesPath,
}: {
  packagePath: string;
  copiesPath: string;
}): Promise<string> {
  const { version }: { version: string } = JSON.parse(
    await readFile(join(packagePath, "package.json"), "utf8"),
  );
  const copy = join(copiesPath, `postgres-${version}`);
  const native = join(copy, "native");
  if (existsSync(native)) return native;

  await mkdir(copy, { recursive: true, mode: 0o755 });
  const unfinished = join(copiesPath, `${basename(copy)}.${randomBytes(4).toString("hex")}`);
  try {
    await cp(join(packagePath, "native"), join(unfinished, "native"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await createMissingLinks(join(unfinished, "native"));
    await openToAll(unfinished);
    await rename(join(unfinished, "native"), native).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return native;
}

/** A strict umask at install time would keep the server's user from the copy as well. */
async function openToAll(path: string): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chmod(path, entry.isDirectory() || entry.mode & 0o100 ? 0o755 : 0o644);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await openToAll(join(path, name));
}

async function readMajorVersion(
  nativePath: string,
  identity: ServerIdentity | null,
): Promise<string> {
  const output = await runAs({
    command: join(nativePath, "bin", "postgres"),
    args: ["--version"],
    identity,
    cwd: "/",
  });
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (!major) throw new Error(`The embedded PostgreSQL does not tell its version: ${output}`);
  return major;
}
