"use client";

import { useMemo } from "react";
import type { Output } from "#lib/output.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { hexLines } from "./hex-lines.ts";
import { PieceNotice } from "./piece-notice.tsx";
import { useBeginning } from "./use-beginning.ts";

const SHOWN_BYTES = 4_096;

/** The first bytes of a file of which nothing else can be shown. */
export function HexPreview({ output }: { output: Output }) {
  const { data, error, refetch } = useBeginning(output, SHOWN_BYTES);
  const lines = useMemo(() => (data ? hexLines(data) : null), [data]);
  if (lines === null)
    return <PieceNotice hasFailed={error !== null} onRetry={() => void refetch()} />;
  return (
    <div className="flex flex-col gap-2 p-4">
      <pre
        role="group"
        aria-label="First bytes"
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto rounded-sm bg-sunken px-3 py-2.5 font-mono text-code focus-visible:-outline-offset-2"
      >
        {lines}
      </pre>
      <p className="text-meta text-faint">
        {output.bytes > SHOWN_BYTES
          ? `The first ${formatBytes(SHOWN_BYTES)} of ${formatBytes(output.bytes)}. `
          : ""}
        Files of this kind are not shown. Download it to open it.
      </p>
    </div>
  );
}
