import { join } from "node:path";

/** Where a repository of this machine may keep objects of Git LFS: with a work tree, or without one. */
export const folderStores = (path: string): [string, string] => [
  join(path, ".git/lfs"),
  join(path, "lfs"),
];
