import type { DiffLine, FileDiff } from "#lib/changes/file-diff.ts";

/** Neighbouring lines of a hunk that are drawn together. */
export interface DiffBlock {
  lines: readonly DiffLine[];
  /** The lines before it are not on the page. */
  beginsHunk: boolean;
}

const BLOCK_MAX_LINES = 100;

/** Cuts long hunks, so that only what is near the screen is drawn. */
export function toDiffBlocks({ hunks }: FileDiff): DiffBlock[] {
  return hunks.flatMap(({ lines }, hunk) =>
    Array.from({ length: Math.ceil(lines.length / BLOCK_MAX_LINES) }, (_, index) => ({
      lines: lines.slice(index * BLOCK_MAX_LINES, (index + 1) * BLOCK_MAX_LINES),
      beginsHunk: hunk > 0 && index === 0,
    })),
  );
}
