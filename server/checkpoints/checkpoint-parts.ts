import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import type { Script } from "./workspace-script.ts";

export type PartKind = "bundle" | "home";

export const partMimes: Readonly<Record<PartKind, string>> = {
  bundle: "application/x-git-bundle",
  home: "application/x-tar",
};

const SAVED_REF = "refs/millrace/checkpoint";

/** Folders in a home that tools fill again by themselves. */
const REFILLED = [".cache", ".npm/_cacache", ".npm/_logs", ".bun", ".cargo/registry", "go/pkg"];

/** Commits and files since the base; all of the history without one. */
export function packBundle(git: SavedGit, baseCommit: string | null): Script {
  const text = `
trap 'git update-ref -d ${SAVED_REF}' EXIT
git update-ref ${SAVED_REF} "$1"
git bundle create --quiet - ${SAVED_REF} \${2:+"^$2"}`;
  return { text, args: [git.savedCommit, baseCommit ?? ""] };
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

/**
 * Brings branches, files and index to where they were. What lies in the work tree and is neither kept nor ignored goes;
 * ignored files stay. Expects the commands of `git update-ref --stdin` on its input.
 */
export function checkOutSaved(git: SavedGit): Script {
  const text = `
if [ -n "$3" ]; then git symbolic-ref HEAD "$3"; else git update-ref --no-deref HEAD "$4"; fi
git update-ref --stdin
if [ -n "$5" ]; then git update-ref --create-reflog -m "Restored" refs/stash "$5"; fi
git read-tree --reset -u "$1"
git clean -dfq
git read-tree -m "$2"
git update-index -q --refresh || :`;
  const stash = git.refs.find(({ name }) => name === "refs/stash")?.commit ?? "";
  const { savedCommit, stagedTree, headRef, headCommit } = git;
  return { text, args: [savedCommit, stagedTree, headRef ?? "", headCommit ?? "", stash] };
}

/** Input of `checkOutSaved`: kept branches, and none but these. */
export function branchCommands(git: SavedGit, present: readonly string[]): string {
  const branches = git.refs.filter(({ name }) => name.startsWith("refs/heads/"));
  const kept = new Set(branches.map(({ name }) => name));
  const gone = present.filter((name) => !kept.has(name));
  return [
    ...gone.map((name) => `delete ${name}\n`),
    ...branches.map(({ name, commit }) => `update ${name} ${commit}\n`),
  ].join("");
}
