import { access, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type GitServer, startGitServer } from "#e2e/support/git-server.ts";
import type { SessionState } from "#lib/session-state.ts";
import { createProfile } from "#server/profiles/change-profile.ts";
import { setGitCredential } from "#server/profiles/git-credentials.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import {
  createTestRepository,
  testGit,
  type TestRepository,
} from "#server/workspaces/testing/test-repository.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { owner } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

vi.setConfig({ testTimeout: 60_000 });
const context = useTestServer({
  environment: { ALLOWED_PRIVATE_HOSTS: "127.0.0.1", SESSION_DISK_MAX_BYTES: "20000000" },
});
const TOKEN = "tk-0a1b2c3d4e5f";
let git: GitServer;
let served: string;
/** Where the repositories of one owner are, and the same ones as another's. */
let ada: string;
let bob: string;

beforeEach(async () => {
  served = dirname(context.repository);
  git = await startGitServer({ root: served });
  for (const name of ["ada", "bob"]) await symlink(".", join(served, name));
  [ada, bob] = [`${git.url}/ada`, `${git.url}/bob`];
  git.protect({ username: "x-access-token", password: TOKEN });
  const { services } = context.server;
  const credential = { host: new URL(git.url).host, username: "x-access-token", token: TOKEN };
  await setGitCredential(services, owner, credential);
  const settings = { submodules: true };
  await createProfile(
    services,
    owner,
    newProfile.parse({ name: "Whole", isDefault: true, settings }),
  );
  await context.server.work();
});
afterEach(() => git.close());

interface Part {
  path: string;
  address: string;
  commit: string;
}

/** Commits submodules that nobody has fetched. */
async function commitParts({ path, git: run }: TestRepository, parts: Part[]): Promise<string> {
  const text = parts.map(
    (part, index) => `[submodule "part${index}"]\n\tpath = ${part.path}\n\turl = ${part.address}\n`,
  );
  await writeFile(join(path, ".gitmodules"), text.join(""));
  await run("add", ".gitmodules");
  for (const part of parts)
    await run("update-index", "--add", "--cacheinfo", `160000,${part.commit},${part.path}`);
  await run("commit", "-qm", "with parts");
  return run("rev-parse", "HEAD");
}

const openApp = (): TestRepository => {
  const run = testGit(context.repository);
  return { path: context.repository, git: run, commit: () => Promise.reject(new Error("unused")) };
};

const pathOf = (sessionId: string, path: string) => {
  const { dataDir } = context.server;
  return join(workspaceFolders({ dataDir, sessionId, generation: 1 }).repositoryPath, path);
};

const isEnded = ({ status }: SessionState) => status === "idle" || status === "failed";
const start = () => context.server.start({ repository: `${ada}/app/.git` });

async function failureOf(part: Part): Promise<string | null | undefined> {
  await commitParts(openApp(), [part]);
  const sessionId = await start();
  const { status, preparation } = await context.server.until(sessionId, isEnded);
  expect(status).toBe("failed");
  return preparation?.steps.find(({ step }) => step === "branch")?.message;
}

test("submodules and theirs are there at the commits that the repository names, private ones too", async () => {
  const spoke = await createTestRepository(join(served, "spoke"));
  const spokeCommit = await spoke.commit({ "spoke.txt": "a spoke" });
  const wheel = await createTestRepository(join(served, "wheel"));
  await wheel.commit({ "wheel.txt": "a wheel" });
  const wheelCommit = await commitParts(wheel, [
    { path: "spoke", address: `${ada}/spoke/.git`, commit: spokeCommit },
  ]);
  await wheel.git("commit", "-qm", "later", "--allow-empty");
  await commitParts(openApp(), [
    { path: "parts/wheel", address: "../../wheel/.git", commit: wheelCommit },
  ]);

  const sessionId = await start();
  const state = await context.server.until(sessionId, isEnded);
  expect(state.status).toBe("idle");
  expect(await readFile(pathOf(sessionId, "parts/wheel/wheel.txt"), "utf8")).toBe("a wheel");
  expect(await readFile(pathOf(sessionId, "parts/wheel/spoke/spoke.txt"), "utf8")).toBe("a spoke");
  expect(await testGit(pathOf(sessionId, ""))("status", "--porcelain", "-uno")).toBe("");
  const inside = testGit(pathOf(sessionId, "parts/wheel"));
  expect(await inside("rev-parse", "HEAD")).toBe(wheelCommit);
  expect(await inside("remote", "get-url", "origin")).toBe(`${ada}/wheel/.git`);
  const log = state.preparation?.steps.find(({ step }) => step === "branch")?.logTail;
  expect(log).toContain("Submodule parts/wheel from");
  expect(log).toContain("Submodule spoke from");
  // An agent that changes them must not change what others clone.
  const objects = pathOf(sessionId, "parts/wheel/.git/objects/info/alternates");
  await expect(access(objects)).rejects.toThrow("ENOENT");
});

test.each([
  ["file:///etc/wheel", "Folders of this machine"],
  ["ext::sh -c id", "Transport helpers"],
  ["../../../../wheel", "leads too far up"],
  ["https://169.254.169.254/wheel", "private or local addresses"],
])("a submodule at %s fails the step by its name", async (address, words) => {
  const message = await failureOf({ path: "parts/wheel", address, commit: "1".repeat(40) });
  expect(message).toMatch(/^Submodule parts\/wheel: /);
  expect(message).toContain(words);
});

test("a commit that a submodule does not have is named", async () => {
  const wheel = await createTestRepository(join(served, "wheel"));
  await wheel.commit({ "wheel.txt": "a wheel" });
  const commit = "1".repeat(40);
  const message = await failureOf({ path: "wheel", address: `${ada}/wheel/.git`, commit });
  expect(message).toBe(
    `Submodule wheel: its repository has no commit ${commit} on a branch or a tag`,
  );
});

test("a credential does not open another owner's repository to who names it as a submodule", async () => {
  const wheel = await createTestRepository(join(served, "wheel"));
  const commit = await wheel.commit({ "wheel.txt": "private" });
  const message = await failureOf({ path: "wheel", address: `${bob}/wheel/.git`, commit });
  expect(message).toBe("Submodule wheel: The repository was not found, or it is private");
});

test("a submodule that would make the workspace too large is refused", async () => {
  const wheel = await createTestRepository(join(served, "wheel"));
  const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(65_536))).toString("hex");
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`${index}.txt`, `${index}${noise}`]),
  );
  const commit = await wheel.commit(files);
  const message = await failureOf({ path: "wheel", address: `${ada}/wheel/.git`, commit });
  expect(message).toContain("With its submodules the repository takes more than");
});
