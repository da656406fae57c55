import { lstat, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type GitServer, startGitServer } from "#e2e/support/git-server.ts";
import { parseRepository } from "#lib/repository.ts";
import type { SessionState } from "#lib/session-state.ts";
import { commitLfsFiles } from "#server/lfs/testing/commit-lfs-files.ts";
import {
  createLfsServer,
  hasGitLfs,
  lfsPointer,
  type LfsServer,
} from "#server/lfs/testing/lfs-server.ts";
import { createProfile } from "#server/profiles/change-profile.ts";
import { setGitCredential } from "#server/profiles/git-credentials.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { owner } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";
import { fetchLfs } from "./fetch-lfs.ts";

vi.setConfig({ testTimeout: 150_000 });
const context = useTestServer({
  environment: { ALLOWED_PRIVATE_HOSTS: "127.0.0.1", SESSION_DISK_MAX_BYTES: "20000000" },
});
/** Programs of git-lfs start slowly on a machine that has much to do. */
const UNTIL_MS = 60_000;
const TOKEN = "tk-0a1b2c3d4e5f";
const GRAIN = "grain of the mill\n".repeat(1_000);
let git: GitServer;
let lfs: LfsServer;

beforeEach(async () => {
  const served = dirname(context.repository);
  lfs = createLfsServer();
  git = await startGitServer({ root: served, answerBesides: lfs.answer });
  await symlink(".", join(served, "ada"));
  git.protect({ username: "x-access-token", password: TOKEN });
  const { services } = context.server;
  const { host } = new URL(git.url);
  await setGitCredential(services, owner, { host, username: "x-access-token", token: TOKEN });
  await context.server.work();
});
afterEach(() => git.close());

const choose = (settings: object) =>
  createProfile(
    context.server.services,
    owner,
    newProfile.parse({ name: "Whole", isDefault: true, settings }),
  );

/** Commits a file of Git LFS, as who has git-lfs would have pushed it. */
async function commitFile(path = "grain.bin", content = GRAIN): Promise<string> {
  const { oid, text } = lfsPointer(content);
  const run = testGit(context.repository);
  await writeFile(join(context.repository, ".gitattributes"), "*.bin filter=lfs -text\n");
  await writeFile(join(context.repository, path), text);
  await run("-c", "filter.lfs.required=false", "add", "-A");
  await run("commit", "-qm", "with a file in Git LFS");
  return oid;
}

const pathOf = (sessionId: string, path: string) => {
  const { dataDir } = context.server;
  return join(workspaceFolders({ dataDir, sessionId, generation: 1 }).repositoryPath, path);
};

const isEnded = ({ status }: SessionState) => status === "idle" || status === "failed";
const start = () => context.server.start({ repository: `${git.url}/ada/app/.git` });
const stepOf = ({ preparation }: SessionState, name: string) =>
  preparation?.steps.find(({ step }) => step === name);

async function failureOf(): Promise<string | null | undefined> {
  const state = await context.server.until(await start(), isEnded, UNTIL_MS);
  expect(state.status).toBe("failed");
  return stepOf(state, "lfs")?.message;
}

test.skipIf(!hasGitLfs)(
  "pointers become files with the team's credential, and what is changed becomes pointers again",
  async () => {
    await choose({ lfs: true });
    const oid = await commitFile("grain of (the) mill.bin");
    lfs.objects.set(oid, Buffer.from(GRAIN));

    const sessionId = await start();
    const state = await context.server.until(sessionId, isEnded, UNTIL_MS);
    expect(state.status).toBe("idle");
    expect(await readFile(pathOf(sessionId, "grain of (the) mill.bin"), "utf8")).toBe(GRAIN);
    expect(stepOf(state, "lfs")?.logTail).toContain("Git LFS: 1 of 1, 18 KB of 18 KB");
    expect(JSON.stringify(state)).not.toContain(TOKEN);
    const run = testGit(pathOf(sessionId, ""));
    expect(await run("status", "--porcelain", "-uno")).toBe("");

    await writeFile(pathOf(sessionId, "flour.bin"), "flour");
    await run("add", "flour.bin");
    expect(`${await run("cat-file", "-p", ":flour.bin")}\n`).toBe(lfsPointer("flour").text);
    // An agent has the repository's objects without room of its own, and cannot take them for its own.
    const object = pathOf(
      sessionId,
      `.git/lfs/objects/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`,
    );
    expect((await lstat(await readlink(object))).mode & 0o222).toBe(0);

    await context.server.until(await start(), isEnded, UNTIL_MS);
    expect(lfs.transfers).toEqual([`download ${oid}`]);
  },
);

test("without the choice pointers stay, and the log says so once", async () => {
  await commitFile();
  const sessionId = await start();
  const state = await context.server.until(sessionId, isEnded, UNTIL_MS);
  expect(state.status).toBe("idle");
  expect(await readFile(pathOf(sessionId, "grain.bin"), "utf8")).toBe(lfsPointer(GRAIN).text);
  expect(stepOf(state, "branch")?.logTail.match(/Files in Git LFS stay pointers/g)).toHaveLength(1);
  expect(stepOf(state, "lfs")).toBeUndefined();
  expect(lfs.transfers).toEqual([]);
});

test.skipIf(!hasGitLfs)(
  "the credential does not go to another owner's place that .lfsconfig names",
  async () => {
    await choose({ lfs: true });
    const url = `${git.url}/bob/app.git/info/lfs`;
    await writeFile(join(context.repository, ".lfsconfig"), `[lfs]\n\turl = ${url}\n`);
    lfs.objects.set(await commitFile(), Buffer.from(GRAIN));
    expect(await failureOf()).toMatch(/^The Git LFS server at 127\.0\.0\.1:\d+ refused access$/);
  },
);

/** The pointer of a file that is larger than a session may be. */
async function commitLarge(): Promise<string> {
  await commitFile();
  const large = lfsPointer("x").text.replace(/size \d+/, "size 30000000");
  await writeFile(join(context.repository, "grain.bin"), large);
  await testGit(context.repository)("commit", "-qam", "large");
  return large;
}

test.skipIf(!hasGitLfs)("files that are too large for a session are not fetched", async () => {
  await choose({ lfs: true });
  await commitLarge();
  expect(await failureOf()).toContain("With its files in Git LFS the repository takes more than");
  expect(lfs.transfers).toEqual([]);
});

test.skipIf(!hasGitLfs)(
  "where a session comes back they stay pointers, and it goes on",
  async () => {
    const large = await commitLarge();
    const { services, dataDir } = context.server;
    const sessionId = await start();
    await context.server.until(sessionId, isEnded, UNTIL_MS);
    const ownership = { sessionId, generation: 1, fence: 1 };
    let output = "";
    const fetchFor = (ready: boolean) =>
      fetchLfs(
        services,
        {
          ownership,
          view: { ...owner, ready },
          repository: parseRepository(`${git.url}/ada/app/.git`, {
            allowLocalPaths: false,
            allowedPrivateHosts: ["127.0.0.1"],
          }),
          folders: workspaceFolders({ dataDir, ...ownership }),
        },
        { signal: new AbortController().signal, onOutput: (text) => (output += text) },
      );
    await expect(fetchFor(false)).rejects.toMatchObject({ code: "too_large" });
    await fetchFor(true);
    expect(output).toContain("the most that a session may have. Files in Git LFS stay pointers\n");
    expect(await readFile(pathOf(sessionId, "grain.bin"), "utf8")).toBe(large);
  },
);

test.skipIf(!hasGitLfs)("of a folder of this machine, files come from its own store", async () => {
  await choose({ lfs: true });
  await commitLfsFiles(context.repository, { "grain.bin": GRAIN });
  const sessionId = await context.server.start({ repository: context.repository });
  await context.server.until(sessionId, isEnded, UNTIL_MS);
  expect(await readFile(pathOf(sessionId, "grain.bin"), "utf8")).toBe(GRAIN);
});
