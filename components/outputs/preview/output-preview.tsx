"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useTRPCClient } from "#components/api/trpc.ts";
import { readError } from "#components/api/read-error.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { Dialog } from "#components/ui/dialog.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import type { Output } from "#lib/output.ts";
import { outputDownloadUrl } from "../fetch-piece.ts";
import { OutputFacts } from "../output-facts.tsx";
import { outputName } from "../output-name.ts";
import { PreviewBody } from "./preview-body.tsx";

interface OutputPreviewProps {
  /** As it was when it was opened. */
  opened: Output;
  onClose: () => void;
}

/** An output by itself, as it is now. */
export function OutputPreview({ opened, onClose }: OutputPreviewProps) {
  const { outputId } = opened;
  const client = useTRPCClient();
  const { seq } = useAtomValue(sessionStateAtom).outputs;
  const { data: output = opened, error } = useQuery({
    queryKey: ["output", outputId, seq],
    queryFn: () => client.output.get.query({ outputId }),
    placeholderData: (before) => before ?? opened,
  });
  const name = outputName(output);
  const isGone = error !== null && readError(error).code === "not_found";
  return (
    <Dialog title={name} onClose={onClose} className="max-w-4xl">
      <div className="max-h-[calc(100dvh-9rem)] min-h-40 overflow-y-auto">
        {isGone ? (
          <p role="alert" className="px-4 py-6 text-label text-soft">
            This output was deleted.
          </p>
        ) : (
          <PreviewBody output={output} />
        )}
      </div>
      {!isGone && (
        <footer className="flex flex-col gap-1 border-t border-line px-4 py-2 text-meta text-faint">
          <div className="flex items-center justify-between gap-4">
            <span className="flex min-w-0 flex-1 items-center gap-3">
              <OutputFacts output={{ ...output, error: null }} />
              <RelativeTime iso={output.createdAt} className="shrink-0" />
            </span>
            <a
              href={outputDownloadUrl(outputId)}
              download={name.split("/").at(-1)}
              className="shrink-0 rounded font-medium text-accent underline underline-offset-2 pointer-coarse:py-2"
            >
              Download
            </a>
          </div>
          {output.error !== null && (
            <p className="text-warning">It ends in the middle: {visibleText(output.error)}</p>
          )}
        </footer>
      )}
    </Dialog>
  );
}
