"use client";

import { useMemo } from "react";
import type { Output } from "#lib/output.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { prettyJson } from "#components/transcript/pretty-json.ts";
import { OutputBlock } from "#components/transcript/output-block.tsx";
import { PieceNotice } from "./piece-notice.tsx";
import { TablePreview } from "./table-preview.tsx";
import { useBeginning } from "./use-beginning.ts";

/** More of a text is downloaded, not shown. */
const SHOWN_BYTES = 262_144;

interface TextPreviewProps {
  output: Output;
  kind: "text" | "json" | "table";
}

/** The beginning of a text: JSON as a person reads it, a table as one. */
export function TextPreview({ output, kind }: TextPreviewProps) {
  const { data, error, refetch } = useBeginning(output, SHOWN_BYTES);
  const isCut = output.bytes > SHOWN_BYTES;
  const text = useMemo(() => (data ? decode(data, isCut) : null), [data, isCut]);
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
          {formatBytes(output.bytes)} of text, showing the first {formatBytes(SHOWN_BYTES)}.
          Download it to see the rest.
        </p>
      )}
    </div>
  );
}

function TextBlock({ text, isJson }: { text: string; isJson: boolean }) {
  const pretty = useMemo(() => (isJson ? prettyOf(text) : null), [text, isJson]);
  return (
    <OutputBlock label="Content" text={pretty ?? text} language={pretty === null ? null : "json"} />
  );
}

/** Null for what is no JSON, or not all of it. */
function prettyOf(text: string): string | null {
  try {
    return prettyJson(JSON.parse(text)).text;
  } catch {
    return null;
  }
}

/** Of a text that is cut the last line is left out: it may end within a character. */
function decode(bytes: Uint8Array, isCut: boolean): string {
  const text = new TextDecoder().decode(bytes);
  const end = text.lastIndexOf("\n");
  return isCut && end > 0 ? text.slice(0, end) : text;
}
