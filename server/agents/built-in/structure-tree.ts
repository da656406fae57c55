import { countOf } from "./count-of.ts";
import type { RepositoryFile } from "./list-files.ts";

const ENTRIES_MAX = 40;

/** The top two levels as text: folders with the number of files below them, then files. */
export function structureTree(files: RepositoryFile[]): string {
  const lines = levelLines(
    files.map(({ path }) => path.split("/")),
    0,
  );
  if (lines.length <= ENTRIES_MAX) return lines.join("\n");
  return [...lines.slice(0, ENTRIES_MAX), `… and ${lines.length - ENTRIES_MAX} more`].join("\n");
}

function levelLines(paths: string[][], depth: number): string[] {
  const folders = new Map<string, string[][]>();
  const names: string[] = [];
  for (const [name = "", ...rest] of paths) {
    const below = folders.get(name);
    if (rest.length === 0) names.push(name);
    else if (below) below.push(rest);
    else folders.set(name, [rest]);
  }
  const indent = "  ".repeat(depth);
  const folderLines = [...folders]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, below]) => [
      `${indent}${name}/ (${countOf(below.length, "file")})`,
      ...(depth === 0 ? levelLines(below, 1).slice(0, 6) : []),
    ]);
  return [...folderLines, ...names.toSorted().map((name) => indent + name)];
}
