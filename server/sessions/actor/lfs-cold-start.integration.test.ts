import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { commitLfsFiles } from "#server/lfs/testing/commit-lfs-files.ts";
import { hasGitLfs, lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { createProfile, updateProfile } from "#server/profiles/change-profile.ts";
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

vi.setConfig({ testTimeout: 180_000 });
/** Programs of git-lfs start slowly on a machine that has much to do. */
const UNTIL_MS = 60_000;
const context = useTestServer({ environment: keepAtOnce });
let other: TestServer | null = null;
let otherDataDir = "";

afterEach(async () => {
  await other?.close();
  await rm(otherDataDir, { recursive: true, force: true });
});

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
    await commitLfsFiles(context.repository, {
      "grain.bin": "grain of the mill",
      "husk.bin": "husk of the mill",
    });
    otherDataDir = await makeOtherDisk(server);
    await server.work();
    const sessionId = await startWork();
    await server.until(sessionId, isIdle, UNTIL_MS);
    await untilKept(server, sessionId);
    await server.drain();
    const { database, processId } = server.services;
    await database.sql`delete from processes where id = ${processId}`;

    other = await startOtherHost(server, otherDataDir);
    await other.work();
    await other.send(sessionId, "Go on");
    await other.until(sessionId, isIdle, UNTIL_MS);
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

test("files that are chosen when the folder is there already are not told to be fetched (#7)", async () => {
  const { server, repository } = context;
  const profileWith = (lfs: boolean) =>
    newProfile.parse({ name: "Whole", isDefault: true, settings: { lfs } });
  await commitLfsFiles(repository, { "grain.bin": "grain of the mill" });
  const { profileId } = await createProfile(server.services, owner, profileWith(false));
  await server.work();
  const sessionId = await server.start({ repository });
  await server.until(sessionId, isIdle);
  await updateProfile(server.services, owner, { profileId, ...profileWith(true) });
  // Its agent ends at once when it has nothing to do.
  await expect.poll(() => server.childProcessIds(sessionId)).toEqual([]);
  await server.send(sessionId, "Go on");
  const { preparation } = await server.until(
    sessionId,
    (state) => isIdle(state) && state.preparation?.attempt === 2,
  );
  const steps = preparation?.steps.map(({ step, status }) => `${step} ${status}`);
  expect(steps).toEqual([
    "disk_check done",
    "clone done",
    "branch done",
    "setup done",
    "agent_start done",
    "prompt pending",
  ]);
});
