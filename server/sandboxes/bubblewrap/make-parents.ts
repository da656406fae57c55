import { dirname } from "node:path";

/** Arguments of bwrap(1) for the folders on the way to a path, which it would make for root alone. */
export function makeParents(path: string): string[] {
  const names = dirname(path).split("/").slice(1);
  const parents = names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
  return parents.flatMap((parent) => ["--perms", "0755", "--dir", parent]);
}
