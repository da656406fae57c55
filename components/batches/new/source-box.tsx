"use client";

import clsx from "clsx";
import { FileStack } from "lucide-react";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { FileBox, FileButton } from "#components/upload/file-box.tsx";
import { Button } from "#components/ui/button.tsx";
import type { ChosenSource } from "./chosen-source.ts";

interface SourceBoxProps {
  chosen: ChosenSource | null;
  isReading: boolean;
  onFiles: (files: File[]) => void;
  /** Back to the lists. */
  onClear: () => void;
}

/** Where files are chosen or dropped; then what they are. */
export function SourceBox({ chosen, isReading, onFiles, onClear }: SourceBoxProps) {
  return (
    <FileBox
      label="Files for the batch"
      onFiles={onFiles}
      className="flex-wrap items-center gap-x-4 gap-y-3 py-4"
    >
      {(isOver) => (
        <>
          <FileStack
            aria-hidden
            className={clsx("size-5 shrink-0", isOver ? "text-accent" : "text-faint")}
          />
          <p role="status" className="min-w-48 flex-1 text-label text-soft">
            {isReading ? "Reading …" : isOver ? "Let go to use them" : describe(chosen)}
          </p>
          <span className="flex flex-wrap gap-2">
            {chosen !== null && (
              <Button look="quiet" onClick={onClear}>
                Use lists
              </Button>
            )}
            <FileButton disabled={isReading}>
              {chosen === null ? "Choose files" : "Choose others"}
            </FileButton>
          </span>
        </>
      )}
    </FileBox>
  );
}

function describe(chosen: ChosenSource | null): string {
  if (chosen === null)
    return "A table (CSV) of prompts and repositories, lines of a batch (NDJSON), or any number of session files. Drop them anywhere on this page.";
  switch (chosen.kind) {
    case "table": {
      const { file, table } = chosen;
      return `${file.name}: a table with ${formatCount(table.rows.length, "row")}`;
    }
    case "lines": {
      const { file, source, batchKind } = chosen;
      const what = batchKind === "start" ? "sessions to start" : "sessions to import";
      return `${file.name}: ${formatCount(source.lines.length, "line")} of ${what}`;
    }
    case "files": {
      const bytes = chosen.seen.reduce((sum, { file }) => sum + file.size, 0);
      return `${formatCount(chosen.seen.length, "session file")}, ${formatBytes(bytes)}`;
    }
  }
}
