import type { SavedGit } from "#drizzle/schema/checkpoints.ts";
import { alignSubmodules } from "./align-submodules.ts";
import {
  checkOutSaved,
  deleteCommands,
  dropBranches,
  unpackBundle,
  unpackHome,
  unpackLfs,
  updateCommands,
} from "./checkpoint-parts.ts";
import { feedScript, runScript, type WorkspaceShell } from "./workspace-script.ts";

interface UnpackOptions {
  git: SavedGit;
  /** Of a workspace with the base commit checked out. */
  shell: WorkspaceShell;
  open(kind: "bundle" | "home"): AsyncIterable<Uint8Array>;
  /** Objects of Git LFS; left out where the checkpoint has none. */
  lfs?: AsyncIterable<Uint8Array> | null;
  /** Told of submodules that cannot be as they were. */
  onOutput?(text: string): void;
}

/** Objects first, then branches, submodules, files and index, then the home. Safe to run again. */
export async function unpackWorkspace(options: UnpackOptions): Promise<void> {
  const { git, shell, open, lfs, onOutput } = options;
  await feedScript(shell, unpackBundle, open("bundle"));
  if (lfs) await feedScript(shell, unpackLfs, lfs);
  const listed = await runScript(shell, {
    text: "exec git for-each-ref --format='%(refname)' refs/heads",
  });
  const present = listed.split("\n").filter((name) => name !== "");
  await feedScript(shell, dropBranches(git), toStream(deleteCommands(git, present)));
  onOutput?.(await alignSubmodules(shell, git));
  await feedScript(shell, checkOutSaved(git), toStream(updateCommands(git)));
  await feedScript(shell, unpackHome, open("home"));
}

async function* toStream(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield Buffer.from(text);
}
