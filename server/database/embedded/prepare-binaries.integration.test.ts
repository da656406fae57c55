import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startChild } from "../testing/children.ts";
import { findPlatformPackage } from "./platform-package.ts";
import { prepareBinaries } from "./prepare-binaries.ts";
import { chooseServerIdentity } from "./server-identity.ts";
import type { EmbeddedPostgres } from "./start-embedded-postgres.ts";

const asRoot = process.getuid?.() === 0;
const identity = chooseServerIdentity();
let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "millrace-binaries-"));
  await chmod(parent, 0o755);
});
afterEach(() => rm(parent, { recursive: true }));

/** A copy of the package as `npm ci --ignore-scripts` leaves it: without the library links. */
async function copyPackageWithoutLinks(path: string): Promise<string[]> {
  await cp(findPlatformPackage(), path, { recursive: true, verbatimSymlinks: true });
  const list = await readFile(join(path, "native", "pg-symlinks.json"), "utf8");
  const links = (JSON.parse(list) as { target: string }[]).map(({ target }) => join(path, target));
  for (const link of links) await rm(link, { force: true });
  return links;
}

test("creates the library links in place", async () => {
  const packagePath = join(parent, "package");
  const links = await copyPackageWithoutLinks(packagePath);
  const binaries = await prepareBinaries({
    packagePath,
    identity,
    copiesPath: join(parent, "copies"),
  });
  expect(binaries).toEqual({ nativePath: join(packagePath, "native"), majorVersion: "18" });
  for (const link of links) expect((await lstat(link)).isSymbolicLink()).toBe(true);
});

test.runIf(asRoot)("copies a package that the server's user cannot get at, once", async () => {
  const hidden = join(parent, "hidden");
  await mkdir(hidden, { mode: 0o700 });
  const packagePath = join(hidden, "package");
  await copyPackageWithoutLinks(packagePath);
  const copiesPath = join(parent, "copies");
  const prepare = () => prepareBinaries({ packagePath, identity, copiesPath });
  const [first, second] = await Promise.all([prepare(), prepare()]);
  expect(first).toEqual(second);
  expect(first.majorVersion).toBe("18");
  expect(first.nativePath.startsWith(copiesPath)).toBe(true);
  expect(await readdir(copiesPath)).toHaveLength(1);
});

test.runIf(asRoot)("copies files that a strict umask closed at the installation", async () => {
  const packagePath = join(parent, "package");
  await copyPackageWithoutLinks(packagePath);
  const closing = spawn("chmod", ["-R", "go-rwx", packagePath]);
  await once(closing, "exit");
  const binaries = await prepareBinaries({
    packagePath,
    identity,
    copiesPath: join(parent, "copies"),
  });
  expect(binaries.majorVersion).toBe("18");
});

test.runIf(asRoot)(
  "an ordinary user starts from a package that it cannot write, without its links",
  async () => {
    const packagePath = join(parent, "package");
    await copyPackageWithoutLinks(packagePath);
    const dataDir = join(parent, "home", "postgres");
    await mkdir(join(parent, "home"));
    await chmod(join(parent, "home"), 0o777);
    const user = { uid: 65534, gid: 65534 };
    const child = await startChild<EmbeddedPostgres>({
      file: "embedded-postgres-child.ts",
      args: [dataDir, packagePath],
      ...user,
    });
    expect(child.answer.adopted).toBe(false);
    expect((await lstat(join(dataDir, "cluster"))).uid).toBe(user.uid);
    await child.end();
  },
);
