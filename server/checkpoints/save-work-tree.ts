import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import { AppError } from "#lib/errors.ts";
import type { Log } from "#server/log.ts";
import { redactText } from "#server/sandboxes/redact-output.ts";
import { runScript, type WorkspaceShell } from "./workspace-script.ts";

/** Local branches beyond these are not kept; HEAD's and the stash come first. */
const REFS_MAX = 1_000;
const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Of removing copies of files in Git LFS. */
const DROP_TIMEOUT_MS = 10_000;

/** Of files that could not be read, how many a message names. */
const NAMES_MAX = 3;

/**
 * Two commits stand for the work tree: what is staged, and on top of it what lies there, with all branches as further
 * parents so that one name is enough for the bundle. The index itself is only read: a copy of it is used, as a program of
 * the agent may hold its lock. An index with conflicts has no tree; HEAD's stands for it then. What git could not read is
 * listed with the rest; a repository inside that has no commits, which ends in a slash, is none of it, nor is what the
 * repository's own filters complain of. What filters of Git LFS make of changed files lies in a folder of its own, or
 * every version that a file ever had would stay with the session.
 */
const SAVE = `
git() { command git -c "lfs.storage=$TMPDIR/$name-lfs" "$@"; }
commit() { git -c user.name=Millrace -c user.email=millrace@localhost commit-tree -m checkpoint "$@" </dev/null; }
name=$2
copy=$TMPDIR/$name-index
rm -rf "$copy" "$copy.lock" "$copy.errors" "$TMPDIR/$name-lfs"
trap 'rm -f "$copy" "$copy.lock" "$copy.errors"' EXIT
head=$(git rev-parse --quiet --verify HEAD || :)
headRef=$(git symbolic-ref --quiet HEAD || :)
if [ -f .git/index ]; then cp .git/index "$copy"; fi
export GIT_INDEX_FILE="$copy"
staged=$(git write-tree 2>/dev/null || git rev-parse --verify "HEAD^{tree}")
code=0
git -c advice.addEmbeddedRepo=false add --all --ignore-errors 2>"$copy.errors" || code=$?
cat "$copy.errors" >&2
if [ $code -gt 1 ]; then exit $code; fi
if [ $code -eq 1 ]; then
  git ls-files --others --modified --exclude-standard | sed -n '/\\/"*$/!s/^/unreadable /p'
fi
sed -n 's/^warning: could not open directory \\(.*\\): Permission denied$/unreadable \\1/p' "$copy.errors"
work=$(git write-tree)
unset GIT_INDEX_FILE
refs() {
  git for-each-ref --format="$2" refs/stash \${headRef:+"$headRef"}
  git for-each-ref --count=$1 --format="$2" refs/heads
}
parents=
for id in $(refs $1 '%(objectname)'); do
  parents="$parents -p $id"
done
if [ -n "$head" ]; then parents="-p $head $parents"; fi
index=$(commit \${head:+-p "$head"} "$staged")
saved=$(commit -p "$index" $parents "$work")
echo "headRef $headRef"
echo "headCommit $head"
echo "stagedTree $staged"
echo "savedCommit $saved"
refs $1 'ref %(objectname) %(refname)'
if [ -z "$3" ]; then rm -rf "$TMPDIR/$name-lfs"; fi`;

interface SaveOptions {
  /** Of changed files together. */
  maxBytes: number;
  /** Files that cannot be read may be missing. */
  leaveOut?: boolean;
  /** Objects of Git LFS that are in no commit yet stay until the next call or `dropKeptLfs`, for `packLfs`. */
  keepLfs?: boolean;
  /** Of who does it: two of one name must not do it in one workspace at the same time. */
  name?: string;
}

/**
 * Writes the work tree of a session into its repository as git objects that nothing refers to; branches, index and files
 * stay as they are. Ignored files are not in it. Throws `too_large` before git reads changed files of more than
 * `maxBytes`, and `forbidden` for a file that cannot be read, unless `leaveOut` says that it may be missing. Safe to run
 * twice.
 */
export async function saveWorkTree(
  shell: WorkspaceShell,
  { maxBytes, leaveOut = false, keepLfs = false, name = "checkpoint" }: SaveOptions,
): Promise<SavedGit> {
  await requireSize(shell, { maxBytes, name });
  const output = await runScript(shell, {
    text: SAVE,
    args: [String(REFS_MAX), name, keepLfs ? "keep" : ""],
  });
  if (!leaveOut) requireAllRead(output);
  return parseSaved(output);
}

/**
 * Removes what `keepLfs` has left of a call by this name, also behind an end that was asked for. Where that fails, it goes
 * with the next call by the name. Safe to run twice.
 */
export async function dropKeptLfs(
  { log }: { log: Log },
  shell: WorkspaceShell,
  name = "checkpoint",
): Promise<void> {
  const signal = AbortSignal.timeout(DROP_TIMEOUT_MS);
  const script = { text: 'exec rm -rf "$TMPDIR/$1-lfs"', args: [name] };
  await runScript({ ...shell, signal }, script).catch((error: unknown) =>
    log.warn({ err: error }, "copies of files in Git LFS are left in a session's folder"),
  );
}

function requireAllRead(output: string): void {
  const prefix = "unreadable ";
  const lines = output.split("\n").filter((line) => line.startsWith(prefix));
  if (lines.length === 0) return;
  const names = lines.slice(0, NAMES_MAX).map((line) => line.slice(prefix.length));
  const others = lines.length > NAMES_MAX ? " and others" : "";
  throw new AppError(
    "forbidden",
    `Some of the session's files cannot be read: ${redactText(names.join(", "))}${others}`,
    { details: { reason: "files", count: lines.length } },
  );
}

async function requireSize(
  shell: WorkspaceShell,
  { maxBytes, name }: { maxBytes: number; name: string },
): Promise<void> {
  const names = await runScript(shell, {
    text: `exec git -c "lfs.storage=$TMPDIR/$1-lfs" ls-files -z --others --modified --exclude-standard`,
    args: [name],
  });
  let bytes = 0;
  for (const file of names.split("\0")) {
    if (file === "") continue;
    const path = join(shell.folders.repositoryPath, file);
    bytes += (await lstat(path).catch(() => null))?.size ?? 0;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
  }
}

export const tooLarge = (maxBytes: number) =>
  new AppError(
    "too_large",
    `The session's files take more than ${(maxBytes / 1e6).toLocaleString("en")} MB, the most that is kept of one session`,
    { details: { maxBytes } },
  );

/** What the script printed is an untrusted repository's word: ids are ids, or this throws. */
function parseSaved(output: string): SavedGit {
  const values = new Map<string, string>();
  const refs = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [key = "", first = "", name = ""] = line.split(" ");
    if (key === "ref" && OBJECT_ID.test(first)) refs.set(name, first);
    else values.set(key, first);
  }
  const id = (key: string) => {
    const value = values.get(key) ?? "";
    if (OBJECT_ID.test(value)) return value;
    throw new AppError("internal", "Git did not say what it has saved");
  };
  return {
    headRef: values.get("headRef") || null,
    headCommit: values.get("headCommit") ? id("headCommit") : null,
    stagedTree: id("stagedTree"),
    savedCommit: id("savedCommit"),
    refs: [...refs].slice(0, REFS_MAX).map(([name, commit]) => ({ name, commit })),
  };
}
