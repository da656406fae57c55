"use client";

import clsx from "clsx";
import { FileUp } from "lucide-react";
import { useRef, type ChangeEvent } from "react";
import type { UploadEncoding } from "#lib/upload.ts";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { describePacking } from "./transfer-words.ts";
import { useFileDrop } from "./use-file-drop.ts";

/** Where files are dropped, though the whole page takes them, or chosen. */
export function DropZone({
  encodings,
  onFiles,
}: {
  /** What the server takes. */
  encodings: readonly UploadEncoding[];
  onFiles: (files: File[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const isHydrated = useHydrated();
  const isOver = useFileDrop(onFiles);
  function onChange({ currentTarget }: ChangeEvent<HTMLInputElement>) {
    onFiles([...(currentTarget.files ?? [])]);
    // The same file may be chosen again.
    currentTarget.value = "";
  }
  return (
    <div
      className={clsx(
        "flex flex-col items-center gap-4 rounded border border-dashed px-4 py-10 text-center transition-colors sm:py-14",
        isOver ? "border-accent bg-accent-wash" : "border-edge bg-surface",
      )}
    >
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
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Session files"
        onChange={onChange}
      />
      <Button look="primary" disabled={!isHydrated} onClick={() => input.current?.click()}>
        Choose files
      </Button>
      <p className="max-w-prose text-meta text-faint">
        JSON as agents export it, <code className="font-mono">{'{"data":[…]}'}</code>, an array of
        items, or NDJSON; up to 5 GB each, also packed with {describePacking(encodings)}.
      </p>
    </div>
  );
}
