import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { testGit } from "#server/workspaces/testing/test-repository.ts";
import { objectPath } from "../lfs-store.ts";
import { lfsPointer } from "./lfs-server.ts";

/** Commits files `*.bin` as who has git-lfs does: pointers, and what they stand for in the repository's own store. */
export async function commitLfsFiles(path: string, files: Record<string, string>): Promise<void> {
  const git = testGit(path);
  await writeFile(join(path, ".gitattributes"), "*.bin filter=lfs -text\n");
  for (const [name, content] of Object.entries(files)) {
    const { oid, text } = lfsPointer(content);
    const stored = objectPath(join(path, ".git/lfs"), oid);
    await mkdir(dirname(stored), { recursive: true });
    await writeFile(stored, content);
    await writeFile(join(path, name), text);
  }
  await git("add", "-A");
  await git("commit", "-qm", "with files in Git LFS");
}
