import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestRepository, testGit } from "#server/workspaces/testing/test-repository.ts";
import { fetchObjects } from "./fetch-objects.ts";
import { objectPath, storeObject } from "./lfs-store.ts";
import { commitLfsFiles } from "./testing/commit-lfs-files.ts";
import { lfsPointer } from "./testing/lfs-server.ts";
import { uploadObjects } from "./upload-objects.ts";

const grain = { oid: lfsPointer("grain").oid, size: 5, path: "grain.bin" };
const flour = { oid: lfsPointer("flour").oid, size: 5, path: "flour.bin" };
const { signal } = new AbortController();

let folder: string;
let storePath: string;
/** Of a repository with `grain.bin` in Git LFS. */
let mainPath: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-folders-"));
  storePath = join(folder, "store");
  mainPath = join(folder, "main");
  await createTestRepository(mainPath);
  await commitLfsFiles(mainPath, { "grain.bin": "grain" });
  async function* source() {
    yield Buffer.from("flour");
  }
  await storeObject(storePath, flour, { source: source(), signal });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const accessTo = (path: string) => ({
  repository: { kind: "path" as const, url: path, label: path, key: `file://${path}` },
  rules: { allowedPrivateHosts: [], signal },
});
const fetchFrom = (path: string) =>
  fetchObjects({
    access: accessTo(path),
    endpoint: "",
    files: [grain],
    storePath,
    onOutput: () => {},
  });
const sendTo = (path: string) =>
  uploadObjects({ access: accessTo(path), endpoint: "", files: [flour], storePath });

const addWorktree = async () => {
  await testGit(mainPath)("worktree", "add", "-q", "--detach", join(folder, "linked"));
  return join(folder, "linked");
};
const addSubmodule = async () => {
  const { path, git } = await createTestRepository(join(folder, "above"));
  const add = ["submodule", "--quiet", "add", "--", mainPath, "parts/mill"];
  await git("-c", "protocol.file.allow=always", ...add);
  const lfsPath = join(path, ".git/modules/parts/mill/lfs");
  const stored = objectPath(lfsPath, grain.oid);
  await mkdir(join(stored, ".."), { recursive: true });
  await writeFile(stored, "grain");
  return join(path, "parts/mill");
};
const cloneBare = async () => {
  const path = join(folder, "bare.git");
  await testGit(folder)("clone", "-q", "--bare", mainPath, path);
  const stored = objectPath(join(path, "lfs"), grain.oid);
  await mkdir(join(stored, ".."), { recursive: true });
  await writeFile(stored, "grain");
  return path;
};

test.each([
  ["a repository", () => Promise.resolve(mainPath), "main/.git/lfs"],
  ["a linked work tree", addWorktree, "main/.git/lfs"],
  ["a submodule's work tree", addSubmodule, "above/.git/modules/parts/mill/lfs"],
  ["a bare repository", cloneBare, "bare.git/lfs"],
])("objects come from where %s has them, and go there", async (_what, make, place) => {
  const path = await make();
  await fetchFrom(path);
  expect(await readFile(objectPath(storePath, grain.oid), "utf8")).toBe("grain");
  await sendTo(path);
  expect(await readFile(objectPath(join(folder, place), flour.oid), "utf8")).toBe("flour");
});

test("an object that cannot be taken in stays open nowhere", async () => {
  await writeFile(join(mainPath, ".git/lfs/incoming"), "in the way");
  await expect(sendTo(mainPath)).rejects.toMatchObject({ code: "EEXIST" });
  const descriptors = await readdir("/proc/self/fd");
  const open = descriptors.map((name) => readlink(join("/proc/self/fd", name)).catch(() => ""));
  expect(await Promise.all(open)).not.toContain(objectPath(storePath, flour.oid));
});
