"use client";

import clsx from "clsx";
import { FileUp } from "lucide-react";
import type { UploadEncoding } from "#lib/upload.ts";
import { FileBox, FileButton } from "./file-box.tsx";
import { describePacking } from "./transfer-words.ts";

/** Where files of sessions are dropped or chosen. */
export function DropZone({
  encodings,
  onFiles,
}: {
  /** What the server takes. */
  encodings: readonly UploadEncoding[];
  onFiles: (files: File[]) => void;
}) {
  return (
    <FileBox
      label="Session files"
      onFiles={onFiles}
      className="flex-col items-center gap-4 py-10 text-center sm:py-14"
    >
      {(isOver) => (
        <>
          <FileUp aria-hidden className={clsx("size-6", isOver ? "text-accent" : "text-faint")} />
          <p className="text-label text-soft">
            {isOver ? (
              "Let go to bring them here"
            ) : (
              <>
                <span className="pointer-coarse:hidden">Drop files anywhere on this page, or</span>
                <span className="hidden pointer-coarse:inline">From this device</span>
              </>
            )}
          </p>
          <FileButton look="primary">Choose files</FileButton>
          <p className="max-w-prose text-meta text-faint">
            What OpenCode and Kilo export, transcripts of Claude Code, Codex and Gemini CLI, items
            as JSON or NDJSON; up to 5 GB each, also packed with {describePacking(encodings)}.
          </p>
        </>
      )}
    </FileBox>
  );
}
