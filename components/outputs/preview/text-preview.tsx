"use client";

import { useMemo } from "react";
import type { Output } from "#lib/output.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { OutputBlock } from "#components/transcript/output-block.tsx";
import { decodeBeginning } from "./decode-beginning.ts";
import { indentJson } from "./indent-json.ts";
import { PieceNotice } from "./piece-notice.tsx";
import { TablePreview } from "./table-preview.tsx";
import { useBeginning } from "./use-beginning.ts";

/** Of a table, and of JSON that can be read whole, so much is shown … */
const READ_MAX_BYTES = 262_144;
/** … and so much of a text. The rest is downloaded. */
const TEXT_MAX_BYTES = 65_536;

interface TextPreviewProps {
  output: Output;
  kind: "text" | "json" | "table";
}

/** The beginning of a text: JSON with a line for each of its members, a table as one. */
export function TextPreview({ output, kind }: TextPreviewProps) {
  const isRead = kind === "table" || (kind === "json" && output.bytes <= READ_MAX_BYTES);
  const shownBytes = isRead ? READ_MAX_BYTES : TEXT_MAX_BYTES;
  const { data, error, refetch } = useBeginning(output, shownBytes);
  const isCut = output.bytes > shownBytes;
  const text = useMemo(() => (data ? decodeBeginning(data, { isCut }) : null), [data, isCut]);
  if (text === null)
    return <PieceNotice hasFailed={error !== null} onRetry={() => void refetch()} />;
  return (
    <div className="flex flex-col gap-2 p-4">
      {kind === "table" ? (
        <TablePreview text={text} isCut={isCut} />
      ) : (
        <TextBlock text={text} isJson={kind === "json"} />
      )}
      {isCut && (
        <p className="text-meta text-faint">
          {formatBytes(output.bytes)} of text, showing the first {formatBytes(shownBytes)}. Download
          it to see the rest.
        </p>
      )}
    </div>
  );
}

function TextBlock({ text, isJson }: { text: string; isJson: boolean }) {
  const indented = useMemo(() => (isJson ? indentJson(text) : null), [text, isJson]);
  const language = indented === null ? null : "json";
  return <OutputBlock label="Content" text={indented ?? text} language={language} />;
}
