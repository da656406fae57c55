"use client";

import { useMemo } from "react";
import { ColouredText, lineColours } from "#components/highlight/coloured-line.tsx";
import { languageOfPath } from "#components/highlight/languages.ts";
import { useColours } from "#components/highlight/use-colours.ts";
import type { DrawDiffLine } from "./diff-rows.tsx";
import type { DiffLine, FileDiff } from "#lib/changes/file-diff.ts";

/** Draws lines of a diff in their colours; null until they are there. Each side is coloured as the text that it was. */
export function useDiffColours(diff: FileDiff): DrawDiffLine | null {
  const language = languageOfPath(diff.path);
  const before = useMemo(() => readSide(diff, "added"), [diff]);
  const after = useMemo(() => readSide(diff, "removed"), [diff]);
  const { colours: oldColours } = useColours(before.text, language);
  const { colours: newColours } = useColours(after.text, language);
  return useMemo(() => {
    if (oldColours === null && newColours === null) return null;
    return (line) => {
      const [side, colours] = line.kind === "removed" ? [before, oldColours] : [after, newColours];
      const index = side.indexes.get(line) ?? -1;
      return <ColouredText text={line.text} line={lineColours(colours, index, line.text)} />;
    };
  }, [before, after, oldColours, newColours]);
}

interface Side {
  text: string;
  /** Position of each line in the text. */
  indexes: ReadonlyMap<DiffLine, number>;
}

function readSide({ hunks }: FileDiff, skipped: DiffLine["kind"]): Side {
  const lines = hunks.flatMap((hunk) => hunk.lines.filter(({ kind }) => kind !== skipped));
  return {
    text: lines.map(({ text }) => text).join("\n"),
    indexes: new Map(lines.map((line, index) => [line, index])),
  };
}
