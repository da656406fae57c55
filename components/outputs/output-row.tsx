"use client";

import { useSetAtom } from "jotai";
import { Download } from "lucide-react";
import type { Output } from "#lib/output.ts";
import { outputKind } from "#lib/output-kind.ts";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { outputDownloadUrl } from "./fetch-piece.ts";
import { shownOutputAtom } from "./output-atoms.ts";
import { OutputFacts } from "./output-facts.tsx";
import { outputName } from "./output-name.ts";
import { kindIcons } from "./output-words.ts";

interface OutputRowProps {
  output: Output;
  /** Says when it began, too. */
  hasTime?: boolean;
}

/** An output in two lines, to open or to keep. */
export function OutputRow({ output, hasTime = false }: OutputRowProps) {
  const show = useSetAtom(shownOutputAtom);
  const Icon = kindIcons[outputKind(output.mime)];
  const name = outputName(output);
  return (
    <div className="flex min-w-0 items-center">
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => show(output)}
        className="flex min-w-0 flex-1 items-center gap-3 rounded px-3 py-2 text-left hover:bg-hover focus-visible:-outline-offset-2"
      >
        <Icon aria-hidden className="size-4 shrink-0 text-faint" />
        <span className="flex min-w-0 flex-1 flex-col gap-1">
          <span className="flex min-w-0 items-baseline gap-3">
            <span className="min-w-0 flex-1 truncate text-label text-ink" title={name}>
              {name}
            </span>
            {hasTime && (
              <RelativeTime iso={output.createdAt} className="shrink-0 text-meta text-faint" />
            )}
          </span>
          <OutputFacts output={output} />
        </span>
      </button>
      <a
        href={outputDownloadUrl(output.outputId)}
        download={name.split("/").at(-1)}
        aria-label={`Download ${name}`}
        title="Download"
        className="mr-2 inline-flex size-8 shrink-0 items-center justify-center rounded text-soft hover:bg-hover hover:text-ink pointer-coarse:size-10"
      >
        <Download aria-hidden className="size-4" />
      </a>
    </div>
  );
}
