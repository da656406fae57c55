import { spawnSync } from "node:child_process";
import { installPackages } from "./install-packages.ts";

/** The tests of files in Git LFS need git-lfs; where it cannot be had these are skipped. */
export function ensureGitLfs(): void {
  if (spawnSync("git-lfs", ["version"]).status !== 0) installPackages(["git-lfs"]);
}
