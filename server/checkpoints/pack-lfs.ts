import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import type { Script } from "./workspace-script.ts";

/**
 * Lists the session's own objects of Git LFS, those of the repository are links: what pointers in the saved commits name
 * and the base does not, below `.git/lfs/objects` in one file, and in another what `saveWorkTree` has made besides. Older
 * versions of a file, which no commit knows, are none of it.
 */
const LIST = `
list=$TMPDIR/$3-lfs-list
store=$TMPDIR/$3-lfs
trap 'rm -f "$list".*' EXIT
if [ -z "$(find .git/lfs/objects "$store/objects" -type f 2>/dev/null | head -n 1)" ]; then exit 0; fi
mkdir -p .git/lfs/objects "$store/objects"
git rev-list --objects --no-object-names "$1" \${2:+"^$2"} > "$list.ids"
git cat-file --batch-check='%(objecttype) %(objectsize) %(objectname)' < "$list.ids" > "$list.sizes"
sed -n 's/^blob [0-9]\\{1,3\\} //p' "$list.sizes" > "$list.small"
git cat-file --batch < "$list.small" > "$list.texts"
sed -n 's,^oid sha256:\\(..\\)\\(..\\)\\([0-9a-f]\\{60\\}\\)$,./\\1/\\2/\\1\\2\\3,p' "$list.texts" > "$list.all"
sort -u "$list.all" > "$list.wanted"
: > "$list.own"
: > "$list.made"
while read -r path; do
  if [ -e ".git/lfs/objects/$path" ]; then
    if [ ! -L ".git/lfs/objects/$path" ]; then echo "$path" >> "$list.own"; fi
  elif [ -f "$store/objects/$path" ]; then
    echo "$path" >> "$list.made"
  fi
done < "$list.wanted"`;

const argsOf = (git: SavedGit, baseCommit: string | null, name: string) => [
  git.savedCommit,
  baseCommit ?? "",
  name,
];

/** Says whether the session has objects of Git LFS of its own. `name` is as `saveWorkTree` had it, with `keepLfs`. */
export const findLfs = (git: SavedGit, baseCommit: string | null, name = "checkpoint"): Script => ({
  text: `${LIST}\ncat "$list.own" "$list.made" | head -n 1`,
  args: argsOf(git, baseCommit, name),
});

/** They, by the paths that they have below `.git/lfs/objects`. */
export const packLfs = (git: SavedGit, baseCommit: string | null, name = "checkpoint"): Script => ({
  text: `${LIST}
trap 'rm -rf "$list".* "$store"' EXIT
set -- --directory="$PWD/.git/lfs/objects" --files-from="$list.own"
set -- "$@" --directory="$store/objects" --files-from="$list.made"
tar --create --file=- --no-recursion "$@"`,
  args: argsOf(git, baseCommit, name),
});
