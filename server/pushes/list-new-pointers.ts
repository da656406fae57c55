import { join } from "node:path";
import { AppError } from "#lib/errors.ts";
import { readScript, type WorkspaceShell } from "#server/checkpoints/workspace-script.ts";
import { parsePointer, type PointerFile } from "#server/lfs/parse-pointer.ts";
import { readBatch } from "./read-batch.ts";
import type { ScratchRepository } from "./scratch-repository.ts";

/** An agent may have made any number of them. */
const POINTERS_MAX = 100_000;

/**
 * Files that are small enough for a pointer, each behind its size and the beginning of a path that has it. Of larger
 * ones git reads no more than their sizes: compared with what they were, they would take ten times as much memory.
 */
const LIST = `
list=$TMPDIR/lfs-list
git rev-list --objects "$1" --not --branches -- > "$list.ids"
git cat-file --batch-check='%(objecttype) %(objectsize) %(objectname) %(rest)' < "$list.ids" > "$list.sizes"
sed -n 's/^blob [0-9]\\{1,3\\} \\([0-9a-f]* .\\{0,1000\\}\\).*/\\1/p' "$list.sizes" > "$list.small"
exec git cat-file --batch='%(objectsize) %(rest)' < "$list.small"`;

/**
 * Pointers of Git LFS that a commit brings which no branch of the remote has, each object once. Throws `too_large` above
 * 100,000. Memory: the pointers, whatever else the commit brings.
 */
export async function listNewPointers(
  { context }: ScratchRepository,
  commitId: string,
): Promise<PointerFile[]> {
  const found = new Map<string, PointerFile>();
  const listed = readScript(shellOf(context), { text: LIST, args: [commitId] });
  for await (const { rest: path, content } of readBatch(listed)) {
    const pointer = parsePointer(content);
    if (pointer && !found.has(pointer.oid)) found.set(pointer.oid, { ...pointer, path });
    if (found.size > POINTERS_MAX) throw tooMany();
  }
  return [...found.values()];
}

function shellOf({ cwd, ...context }: ScratchRepository["context"]): WorkspaceShell {
  const basePath = join(cwd, "..");
  const { homePath } = context;
  return {
    ...context,
    folders: { basePath, repositoryPath: cwd, homePath, temporaryPath: basePath },
  };
}

const tooMany = () =>
  new AppError("too_large", "The branch brings too many files in Git LFS", {
    details: { maxCount: POINTERS_MAX },
  });
