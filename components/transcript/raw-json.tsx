"use client";

import { useMemo } from "react";
import { OutputBlock } from "./output-block.tsx";
import { prettyJson } from "./pretty-json.ts";

/** A value as JSON, as far as it can be shown. */
export function RawJson({ data }: { data: unknown }) {
  const { text, isCut } = useMemo(() => prettyJson(data), [data]);
  return (
    <div className="flex flex-col gap-1">
      <OutputBlock label="Raw JSON" text={text} language="json" />
      {isCut && (
        <p className="text-meta text-faint">
          Only the beginning of the JSON is shown; the download of the whole has all of it.
        </p>
      )}
    </div>
  );
}
