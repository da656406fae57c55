import { existsSync } from "node:fs";
import { installPackages } from "./install-packages.ts";

/** The tests of files in Git LFS need git-lfs; where it cannot be had these are skipped. */
export function ensureGitLfs(): void {
  if (!existsSync("/usr/bin/git-lfs")) installPackages(["git-lfs"]);
}
