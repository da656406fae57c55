import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import type { Repository } from "#lib/repository.ts";
import { createProcessSandbox } from "#server/sandboxes/process-sandbox.ts";
import { checkoutSubmodules } from "./checkout-submodules.ts";
import { createTestRepository, type TestRepository } from "./testing/test-repository.ts";
import { workspaceFolders } from "./workspace-folders.ts";

const HOST = "https://git.example";
let folder: string;
let repositories: Map<string, TestRepository>;
let told: string[];
/** What was asked for, and whether as anybody. */
let asked: [string, boolean][];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-submodules-"));
  [repositories, told, asked] = [new Map(), [], []];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const foldersOf = () =>
  workspaceFolders({ dataDir: folder, sessionId: "ses_000000000000AAAAAAAAAAAAAA", generation: 1 });

/** A repository with one file and the `parts` as submodules; `app` is the workspace itself. */
async function make(name: string, parts: Record<string, string>): Promise<string> {
  const isWorkspace = name === "ada/app";
  const made = await createTestRepository(
    isWorkspace ? foldersOf().repositoryPath : join(folder, name),
  );
  const entries = Object.entries(parts);
  const modules = entries.map(
    ([path, part]) =>
      `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${HOST}/${part.split(" ")[0]}\n`,
  );
  await writeFile(join(made.path, ".gitmodules"), modules.join(""));
  await writeFile(join(made.path, "file.txt"), name);
  await made.git("add", ".");
  for (const [path, part] of entries)
    await made.git("update-index", "--add", "--cacheinfo", `160000,${part.split(" ")[1]},${path}`);
  await made.git("commit", "-qm", "one");
  await made.git("checkout", "-q", "--force", "HEAD");
  repositories.set(`${HOST}/${name}`, made);
  return `${name} ${await made.git("rev-parse", "HEAD")}`;
}

const checkOut = (isBack: boolean) =>
  checkoutSubmodules({
    folders: foldersOf(),
    repository: { kind: "https", url: `${HOST}/ada/app`, label: "app", key: "app" },
    allowedPrivateHosts: [],
    author: null,
    openMirror: async ({ url }: Repository, { isPublic }) => {
      asked.push([url.slice(HOST.length + 1), isPublic]);
      const path = repositories.get(url)?.path;
      if (path === undefined) throw new AppError("not_found", "The repository is gone");
      return { path, defaultBranch: "main", release: () => Promise.resolve() };
    },
    checkSize: () => Promise.resolve(),
    sandbox: createProcessSandbox(),
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    ...(isBack && { onMissing: ({ message }) => told.push(message) }),
  });

test("behind a submodule of somebody else nothing is asked for as the team", async () => {
  const spoke = await make("bob/spoke", {});
  const rim = await make("ada/rim", {});
  const wheel = await make("bob/wheel", { spoke, rim });
  await make("ada/app", { wheel, rim });
  await checkOut(false);
  expect(asked).toEqual([
    ["bob/wheel", true],
    ["ada/rim", false],
    ["bob/spoke", true],
    ["ada/rim", true],
  ]);
});

test("of a session that comes back a submodule that has gone is told, and the others are there", async () => {
  const rim = await make("ada/rim", {});
  await make("ada/app", { gone: `ada/gone ${"1".repeat(40)}`, rim });
  await checkOut(true);
  expect(told).toEqual(["Submodule gone: The repository is gone"]);
  const { repositoryPath } = foldersOf();
  expect(await readdir(join(repositoryPath, "gone"))).toEqual([]);
  expect(await readFile(join(repositoryPath, "rim/file.txt"), "utf8")).toBe("ada/rim");
});

test("a first start fails by a submodule that has gone", async () => {
  await make("ada/app", { gone: `ada/gone ${"1".repeat(40)}` });
  await expect(checkOut(false)).rejects.toThrow("Submodule gone: The repository is gone");
});
