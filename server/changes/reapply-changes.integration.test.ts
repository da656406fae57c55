import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { writeBlob } from "#server/blobs/write-blob.ts";
import { useTestServer } from "#server/sessions/testing/use-test-server.ts";
import { lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { createTestRepository, testGit } from "#server/workspaces/testing/test-repository.ts";
import { workspaceFolders } from "#server/workspaces/workspace-folders.ts";
import { reapplyChanges } from "./reapply-changes.ts";

const context = useTestServer();

/** Which git knows without being told. */
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

const newFile = (path: string) => `diff --git a/${path} b/${path}
new file mode 100644
--- /dev/null
+++ b/${path}
@@ -0,0 +1 @@
+x
`;

/** Of a file whose content is `a`. */
const changed = (path: string) => `diff --git a/${path} b/${path}
index 7898192..6178079 100644
--- a/${path}
+++ b/${path}
@@ -1 +1 @@
-a
+b
`;

/** A session that begins anew and had changed this; its workspace has `changed.txt` with `a`. */
async function openFresh(patches: string[]) {
  const { server, repository } = context;
  const { services, dataDir } = server;
  const sessionId = await server.start({ repository });
  const { blobId, bytes } = await writeBlob(services, {
    sessionId,
    generation: 1,
    purpose: "checkpoint",
    mime: "text/x-diff",
    source: Readable.from([Buffer.from(patches.join(""))]),
  });
  await services.database.sql`
    insert into workspace_changes (
      session_id, generation, blob_id, bytes, file_count, additions, deletions
    ) values (${sessionId}, 1, ${blobId}, ${bytes}, ${patches.length}, 1, 1)`;
  const folders = workspaceFolders({ dataDir, sessionId, generation: 1 });
  const places = [folders.repositoryPath, folders.homePath, folders.temporaryPath];
  for (const path of places) await mkdir(path, { recursive: true });
  await testGit(folders.repositoryPath)("init", "-q");
  await writeFile(join(folders.repositoryPath, "changed.txt"), "a\n");
  const reapply = async (timeoutMs: number) => {
    let output = "";
    await reapplyChanges(services, {
      sessionId,
      generation: 1,
      shell: {
        sandbox: services.sandbox,
        folders,
        signal: new AbortController().signal,
        timeoutMs: 60_000,
      },
      onOutput: (text) => (output += text),
      timeoutMs,
    });
    return output;
  };
  const [segment] = await services.database.sql<{ key: string }[]>`
    select key from blob_segments where blob_id = ${blobId}`;
  const storedPath = join(dataDir, "blobs", segment!.key);
  return { path: folders.repositoryPath, storedPath, reapply };
}

test("of many files only those are left that are no files, or not what the change was made from", async () => {
  const added = Array.from({ length: 60 }, (_, index) => `added-${index}.txt`);
  const left = ["gone.txt", "pipe.txt", "changed.txt/in-a-file"];
  const { path, reapply } = await openFresh([
    changed("gone.txt"),
    ...added.slice(0, 7).map(newFile),
    changed("pipe.txt"),
    newFile("changed.txt/in-a-file"),
    ...added.slice(7).map(newFile),
    changed("changed.txt"),
  ]);
  execFileSync("/usr/bin/mkfifo", [join(path, "pipe.txt")]);
  const output = await reapply(60_000);
  expect(output.match(/^Not applied: .*$/gm)).toEqual(left.map((name) => `Not applied: ${name}`));
  expect(output).toContain("What was changed in 61 files is there again\n");
  expect(await readdir(path)).toEqual(expect.arrayContaining(added));
  expect(await readFile(join(path, "changed.txt"), "utf8")).toBe("b\n");
});

test("a pointer of Git LFS that the repository calls binary is left, one that was made with its attributes too", async () => {
  const {
    path: elsewhere,
    git,
    commit,
  } = await createTestRepository(join(context.repository, "../lfs"));
  await commit({ ".gitattributes": "*.new filter=lfs binary\n", "a.new": lfsPointer("a").text });
  await writeFile(join(elsewhere, "b.png"), Buffer.from([0, 1, 2]));
  await git("add", "b.png");
  await git("commit", "-qm", "an image");
  const patch = await git("diff-tree", "-r", "--root", "-p", "--binary", emptyTree, "HEAD");
  expect(patch.match(/^GIT binary patch$/gm)).toHaveLength(2);
  const { path, reapply } = await openFresh([`${patch}\n\n`]);
  expect(await reapply(60_000)).toMatch(/^Not applied: a\.new\n.*\nWhat was changed in 2 files/);
  expect(await readdir(path)).toEqual([".git", ".gitattributes", "b.png", "changed.txt"]);
});

test("what is not done in time is left, and fails nothing", async () => {
  const { path, reapply } = await openFresh([newFile("one.txt"), newFile("two.txt")]);
  expect(await reapply(0)).toMatch(
    /^What else was changed was not applied within .*\nWhat was changed in 0 files is there again\nChanges of 2 files are not\n$/,
  );
  expect(await readdir(path)).toEqual([".git", "changed.txt"]);
});

test("a patch that the store has lost is left, and fails nothing", async () => {
  const { path, storedPath, reapply } = await openFresh([newFile("one.txt")]);
  await rm(storedPath);
  expect(await reapply(60_000)).toBe(
    "What else was changed is not in the store any more\nWhat was changed in 0 files is there again\nChanges of 1 file are not\n",
  );
  expect(await readdir(path)).toEqual([".git", "changed.txt"]);
});

test("a store that does not answer fails the step, whose next run has all of it", async () => {
  const { path, storedPath, reapply } = await openFresh([newFile("one.txt")]);
  await rename(storedPath, `${storedPath}.away`);
  // No file of the store is a link, so this is neither there nor gone.
  await symlink(`${storedPath}.away`, storedPath);
  await expect(reapply(60_000)).rejects.toMatchObject({
    code: "unavailable",
    message: "The file storage did not answer",
  });
  await rename(`${storedPath}.away`, storedPath);
  expect(await reapply(60_000)).toBe("What was changed in 1 file is there again\n");
  expect(await readdir(path)).toContain("one.txt");
});

test("a program that cannot be started is no other content of a file", async () => {
  const { path, reapply } = await openFresh([newFile("one.txt"), newFile("two.txt")]);
  await rm(path, { recursive: true });
  await expect(reapply(60_000)).rejects.toMatchObject({ code: "unavailable" });
});
