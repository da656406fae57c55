import type { DiffLine } from "#lib/changes/file-diff.ts";

/** What stands beside each other; null where the other side has nothing. */
export interface SplitRow {
  before: DiffLine | null;
  after: DiffLine | null;
}

/** Puts removed lines beside the added ones that follow them. */
export function splitRows(lines: readonly DiffLine[]): SplitRow[] {
  const rows: SplitRow[] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const close = () => {
    const length = Math.max(removed.length, added.length);
    for (let index = 0; index < length; index += 1)
      rows.push({ before: removed[index] ?? null, after: added[index] ?? null });
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === "added") added.push(line);
    else {
      // A removed line after added ones begins another change.
      if (line.kind === "same" || added.length > 0) close();
      if (line.kind === "removed") removed.push(line);
      else rows.push({ before: line, after: line });
    }
  }
  close();
  return rows;
}
