import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { objectPath } from "#server/lfs/lfs-store.ts";
import { hasGitLfs, lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { createProfile } from "#server/profiles/change-profile.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import {
  foldersOn,
  isIdle,
  keepAtOnce,
  makeOtherDisk,
  startOtherHost,
  untilKept,
} from "../testing/cold-start.ts";
import { owner, type TestServer } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

vi.setConfig({ testTimeout: 120_000 });
const context = useTestServer({ environment: keepAtOnce });
let other: TestServer | null = null;
let otherDataDir = "";

afterEach(async () => {
  await other?.close();
  await rm(otherDataDir, { recursive: true, force: true });
});

/** A file in Git LFS, and one more that nothing changes. */
async function commitFiles(): Promise<void> {
  const { repository } = context;
  const run = testGit(repository);
  await writeFile(join(repository, ".gitattributes"), "*.bin filter=lfs -text\n");
  for (const name of ["grain", "husk"]) {
    const { oid, text } = lfsPointer(`${name} of the mill`);
    const stored = objectPath(join(repository, ".git/lfs"), oid);
    await mkdir(dirname(stored), { recursive: true });
    await writeFile(stored, `${name} of the mill`);
    await writeFile(join(repository, `${name}.bin`), text);
  }
  await run("add", "-A");
  await run("commit", "-qm", "with files in Git LFS");
}

const startWork = () =>
  context.server.start({
    repository: context.repository,
    setupCommands: [
      // Not once more, when the session comes back.
      `mkdir ${context.server.dataDir}/worked 2>/dev/null || exit 0
      printf flour > flour.bin
      git add flour.bin
      git commit -qm "not pushed"
      printf bran > bran.bin
      printf changed > grain.bin`,
    ],
  });

test.skipIf(!hasGitLfs)(
  "on another host are the session's own files in Git LFS and the repository's",
  async () => {
    const { server } = context;
    const profile = newProfile.parse({ name: "Whole", isDefault: true, settings: { lfs: true } });
    await createProfile(server.services, owner, profile);
    await commitFiles();
    otherDataDir = await makeOtherDisk(server);
    await server.work();
    const sessionId = await startWork();
    await server.until(sessionId, isIdle);
    await untilKept(server, sessionId);
    await server.drain();
    const { database, processId } = server.services;
    await database.sql`delete from processes where id = ${processId}`;

    other = await startOtherHost(server, otherDataDir);
    await other.work();
    await other.send(sessionId, "Go on");
    await other.until(sessionId, isIdle);
    const { repositoryPath } = foldersOn(other, sessionId);
    const read = (name: string) => readFile(join(repositoryPath, `${name}.bin`), "utf8");
    expect(await Promise.all(["flour", "bran", "grain", "husk"].map(read))).toEqual([
      "flour",
      "bran",
      "changed",
      "husk of the mill",
    ]);
    const git = testGit(repositoryPath);
    const status = await git("status", "--porcelain", "--", "*.bin");
    expect(status.split("\n").map((line) => line.trim())).toEqual(["M grain.bin", "?? bran.bin"]);
    expect(`${await git("cat-file", "-p", "HEAD:flour.bin")}\n`).toBe(lfsPointer("flour").text);
  },
);
