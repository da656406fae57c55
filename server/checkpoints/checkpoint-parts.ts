import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import type { Script } from "./workspace-script.ts";

export type PartKind = "bundle" | "home" | "lfs";

export const partMimes: Readonly<Record<PartKind, string>> = {
  bundle: "application/x-git-bundle",
  home: "application/x-tar",
  lfs: "application/x-tar",
};

/** Folders in a home that tools fill again by themselves. */
const REFILLED = [".cache", ".npm/_cacache", ".npm/_logs", ".bun", ".cargo/registry", "go/pkg"];

/** Commits and files since the base; all of the history without one. `name` is as `saveWorkTree` has it. */
export function packBundle(git: SavedGit, baseCommit: string | null, name = "checkpoint"): Script {
  const text = `
saved=refs/millrace/$3
trap 'git update-ref -d "$saved"' EXIT
git update-ref "$saved" "$1"
git bundle create --quiet - "$saved" \${2:+"^$2"}`;
  return { text, args: [git.savedCommit, baseCommit ?? "", name] };
}

/** Takes the objects in; nothing refers to them yet. A pipe, because what Node.js gives cannot be opened by name. */
export const unpackBundle: Script = { text: "cat | git bundle unbundle /dev/stdin" };

/** The session's home, where its agent keeps what it knows. That a file changes meanwhile is no failure. */
export const packHome: Script = {
  text: `tar --create --file=- --directory="$HOME" "$@" . || [ $? -eq 1 ]`,
  args: REFILLED.map((path) => `--exclude=./${path}`),
};

export const unpackHome: Script = {
  text: `exec tar --extract --file=- --directory="$HOME" --no-same-owner --no-same-permissions`,
};

export const unpackLfs: Script = {
  text: `mkdir -p .git/lfs/objects
exec tar --extract --file=- --directory=.git/lfs/objects --no-same-owner --no-same-permissions`,
};

/**
 * Takes branches away, for one may have become the folder of another since: `x` that is `x/part` now. HEAD names a commit
 * meanwhile. Expects the commands of `deleteCommands` on its input.
 */
export function dropBranches({ savedCommit }: SavedGit): Script {
  const text = `
git update-ref --no-deref HEAD "$1"
git update-ref --stdin`;
  return { text, args: [savedCommit] };
}

/**
 * Brings branches, files and index to where they were. What lies in the work tree and is neither kept nor ignored goes;
 * ignored files stay. Expects the commands of `updateCommands` on its input.
 */
export function checkOutSaved(git: SavedGit): Script {
  const text = `
git update-ref --stdin
if [ -n "$3" ]; then git symbolic-ref HEAD "$3"; else git update-ref --no-deref HEAD "$4"; fi
if [ -n "$5" ]; then git update-ref --create-reflog -m "Restored" refs/stash "$5"; fi
git read-tree --reset -u "$1"
git clean -dfq
git read-tree -m "$2"
git update-index -q --refresh || :`;
  const stash = git.refs.find(({ name }) => name === "refs/stash")?.commit ?? "";
  const { savedCommit, stagedTree, headRef, headCommit } = git;
  return { text, args: [savedCommit, stagedTree, headRef ?? "", headCommit ?? "", stash] };
}

const branchesOf = ({ refs }: SavedGit) =>
  refs.filter(({ name }) => name.startsWith("refs/heads/"));

/** Input of `dropBranches`: those that are `present` and not kept. */
export function deleteCommands(git: SavedGit, present: readonly string[]): string {
  const kept = new Set(branchesOf(git).map(({ name }) => name));
  const gone = present.filter((name) => !kept.has(name));
  return gone.map((name) => `delete ${name}\n`).join("");
}

/** Input of `checkOutSaved`: the kept branches. */
export const updateCommands = (git: SavedGit) =>
  branchesOf(git)
    .map(({ name, commit }) => `update ${name} ${commit}\n`)
    .join("");
