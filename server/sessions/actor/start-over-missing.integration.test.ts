import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { commitLfsFiles } from "#server/lfs/testing/commit-lfs-files.ts";
import { hasGitLfs, lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { createProfile, updateProfile } from "#server/profiles/change-profile.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { startOver } from "../start-over.ts";
import { foldersOn, isIdle } from "../testing/cold-start.ts";
import { owner } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

vi.setConfig({ testTimeout: 150_000 });
/** Programs of git-lfs start slowly on a machine that has much to do. */
const UNTIL_MS = 60_000;
const context = useTestServer();

const profileWith = (isChosen: boolean) =>
  newProfile.parse({
    name: "Whole",
    isDefault: true,
    settings: { lfs: isChosen, submodules: isChosen },
  });

/** Commits a file of Git LFS that nobody has, and a submodule whose repository is nowhere. */
async function commitMissing(): Promise<void> {
  const { repository } = context;
  await commitLfsFiles(repository, { "grain.bin": "grain of the mill" });
  await rm(join(repository, ".git/lfs"), { recursive: true });
  const git = testGit(repository);
  const part = `[submodule "part"]\n\tpath = part\n\turl = file:///nowhere\n`;
  await writeFile(join(repository, ".gitmodules"), part);
  await git("add", ".gitmodules");
  await git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},part`);
  await git("commit", "-qm", "with a part");
}

test.skipIf(!hasGitLfs)(
  "a session that gives its files up goes on without those that nobody has any more (#7)",
  async () => {
    const { server, repository } = context;
    const { database } = server.services;
    await commitMissing();
    const { profileId } = await createProfile(server.services, owner, profileWith(false));
    await server.work();
    const sessionId = await server.start({ repository });
    await server.until(sessionId, isIdle);
    await server.drain();
    await database.sql`delete from checkpoints`;
    await rm(foldersOn(server, sessionId).repositoryPath, { recursive: true });
    await updateProfile(server.services, owner, { profileId, ...profileWith(true) });

    const peer = await context.startPeer();
    await peer.work();
    await peer.send(sessionId, "Go on");
    await peer.until(sessionId, ({ status }) => status === "failed", UNTIL_MS);
    await startOver(peer.services, await context.access(sessionId));
    const ended = (state: { status: string }) => ["idle", "failed"].includes(state.status);
    const { status, message, preparation } = await peer.until(sessionId, ended, UNTIL_MS);
    expect({ status, message }).toEqual({ status: "idle", message: null });
    const log = preparation?.steps.map(({ logTail }) => logTail).join("");
    expect(log).toContain("Submodule part: Folders of this machine");
    expect(log).toContain("Its folder is empty");
    expect(log).toContain("File grain.bin in Git LFS: ");
    expect(log).toContain("It stays a pointer");
    const { repositoryPath } = foldersOn(server, sessionId);
    const { text } = lfsPointer("grain of the mill");
    expect(await readFile(join(repositoryPath, "grain.bin"), "utf8")).toBe(text);
  },
);
