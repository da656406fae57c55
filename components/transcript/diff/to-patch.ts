import type { DiffLine, FileDiff, Hunk } from "#lib/changes/file-diff.ts";

const marks = { same: " ", added: "+", removed: "-" } as const;

/** The change as `git apply` reads it; hunks of which nobody knows the place begin at line 1. */
export function toPatch({ path, hunks, note }: FileDiff): string {
  const before = note === "New file" ? "/dev/null" : `a/${path}`;
  const after = note === "Deleted" ? "/dev/null" : `b/${path}`;
  return `${[`--- ${before}`, `+++ ${after}`, ...hunks.map(drawHunk)].join("\n")}\n`;
}

function drawHunk({ lines }: Hunk): string {
  const side = (skipped: DiffLine["kind"], number: (line: DiffLine) => number | null) => {
    const own = lines.filter(({ kind }) => kind !== skipped);
    const first = own.map(number).find((value) => value !== null) ?? (own.length === 0 ? 0 : 1);
    return `${first},${own.length}`;
  };
  const header = `@@ -${side("added", ({ oldNumber }) => oldNumber)} +${side("removed", ({ newNumber }) => newNumber)} @@`;
  return [header, ...lines.map(({ kind, text }) => marks[kind] + text)].join("\n");
}
