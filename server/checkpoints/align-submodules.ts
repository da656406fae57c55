import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import { runScript, type WorkspaceShell } from "./workspace-script.ts";

/**
 * A folder that holds a submodule is at the commit that it is at: git would take that for what the session has changed. Those
 * inside others go first, while the index still names them. Prints what a person should know.
 */
const ALIGN = `
align() (
  cd "$1"
  git ls-files --stage -z | tr '\\n\\0' '\\1\\n' | sed -n 's/^160000 [0-9a-f]* 0\t//p' |
  while IFS= read -r path; do
    if [ ! -e "./$path/.git" ]; then continue; fi
    commit=$(git --literal-pathspecs ls-tree -z "$2" -- "$path" | tr '\\0' '\\n' |
      sed -n 's/^160000 commit \\([0-9a-f]*\\)\t.*/\\1/p')
    if [ -z "$commit" ]; then rm -rf "./$path"; continue; fi
    if [ "$(git -C "./$path" rev-parse HEAD)" = "$commit" ]; then continue; fi
    if ! { git -C "./$path" cat-file -e "$commit^{commit}" &&
      align "./$path" "$commit" "$3$path/" </dev/null &&
      git -C "./$path" checkout --quiet --force --detach "$commit" -- </dev/null; }
    then
      rm -rf "./$path"
      mkdir "./$path"
      echo "Submodule $3$path cannot be at $commit, which was perhaps not pushed. Its folder is empty"
    fi
  done
)
align . "$1" ""`;

/**
 * Brings the submodules that are there to the commits that the saved work tree names, before its files are. One that has
 * gone from it goes; one whose commit nobody has pushed becomes an empty folder, which git takes for unchanged. New ones are
 * not fetched: an agent would choose from where. Answers what is not as it was, a line each. Safe to run again.
 */
export const alignSubmodules = (shell: WorkspaceShell, { savedCommit }: SavedGit) =>
  runScript(shell, { text: ALIGN, args: [savedCommit] });
