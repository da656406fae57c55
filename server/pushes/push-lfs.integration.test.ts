import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import {
  createLfsServer,
  hasGitLfs,
  lfsPointer,
  type LfsServer,
} from "#server/lfs/testing/lfs-server.ts";
import { createProfile } from "#server/profiles/change-profile.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { usePushHost } from "./testing/use-push-host.ts";

vi.setConfig({ testTimeout: 60_000 });
let lfs: LfsServer | null;
const host = usePushHost(
  {},
  { answerBesides: async (request, response) => (await lfs?.answer(request, response)) ?? false },
);

beforeEach(async () => {
  lfs = createLfsServer();
  await host.origin.commit({ ".gitattributes": "*.bin filter=lfs -text\n" });
  const profile = newProfile.parse({ name: "Whole", isDefault: true, settings: { lfs: true } });
  await createProfile(host.server.services, owner, profile);
});

/** A session that has committed one file in Git LFS, and has another one that it has not committed. */
async function startWork(): Promise<string> {
  const sessionId = await host.startIdle();
  const { repositoryPath } = host.foldersOf(sessionId);
  const run = testGit(repositoryPath);
  await writeFile(join(repositoryPath, "flour.bin"), "flour");
  // What reads the turn's changes may hold the index for a moment.
  await vi.waitFor(() => run("add", "flour.bin"), { timeout: 20_000 });
  await vi.waitFor(() => run("commit", "-qm", "By the agent"), { timeout: 20_000 });
  await writeFile(join(repositoryPath, "bran.bin"), "bran");
  return sessionId;
}

const [flour, bran] = [lfsPointer("flour"), lfsPointer("bran")];
const branchesOf = () => host.origin.git("for-each-ref", "--format=%(refname)", "refs/heads");

test.skipIf(!hasGitLfs)(
  "what a session has added to Git LFS is there before its branch is",
  async () => {
    const sessionId = await startWork();
    // An agent would choose where files go.
    const { repositoryPath, temporaryPath } = host.foldersOf(sessionId);
    const config = "[lfs]\n\turl = https://files.example/\n";
    await writeFile(join(repositoryPath, ".lfsconfig"), config);

    const push = await host.pushed(sessionId);
    expect(push).toMatchObject({ status: "done", failure: null });
    expect(lfs?.objects.get(flour.oid)?.toString()).toBe("flour");
    expect(lfs?.objects.get(bran.oid)?.toString()).toBe("bran");
    expect(`${await host.origin.git("cat-file", "-p", `${push.branch}:bran.bin`)}\n`).toBe(
      bran.text,
    );
    expect(lfs?.transfers.toSorted()).toEqual(
      [flour, bran].flatMap(({ oid }) => [`upload ${oid}`, `verify ${oid}`]).toSorted(),
    );

    await writeFile(join(repositoryPath, "README.md"), "# Another mill\n");
    expect(await host.pushed(sessionId)).toMatchObject({ status: "done" });
    expect(lfs?.transfers).toHaveLength(4);
    // Of files that are not committed, which git-lfs copies, nothing was wanted any more.
    expect(await readdir(temporaryPath)).not.toContain("push-lfs");
  },
);

test.skipIf(!hasGitLfs)(
  "without its files in Git LFS no branch is pushed, and the file is named",
  async () => {
    const sessionId = await startWork();
    lfs?.pointTo("https://169.254.169.254/latest");
    const { failure } = await host.pushed(sessionId);
    expect(failure?.message).toMatch(/^File (?:flour|bran)\.bin in Git LFS: .*169\.254\.169\.254/);
    lfs = null;
    const again = await host.pushed(sessionId);
    expect(again.failure?.message).toMatch(
      /^There is no Git LFS for this repository at 127\.0\.0\.1/,
    );
    expect(await branchesOf()).toBe("refs/heads/main");
  },
);

test.skipIf(!hasGitLfs)(
  "a pointer to a file that nobody has pushes no branch, one that the server has does",
  async () => {
    const sessionId = await host.startIdle();
    const { repositoryPath } = host.foldersOf(sessionId);
    await writeFile(join(repositoryPath, "husk.bin"), flour.text);
    const { failure } = await host.pushed(sessionId);
    expect(failure).toMatchObject({ reason: "files" });
    expect(failure?.message).toMatch(/^File husk\.bin in Git LFS: what it stands for is neither/);
    expect(await branchesOf()).toBe("refs/heads/main");
    lfs?.objects.set(flour.oid, Buffer.from("flour"));
    expect(await host.pushed(sessionId)).toMatchObject({ status: "done" });
  },
);
