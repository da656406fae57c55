"use client";

import { Braces } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { OutputBlock } from "./output-block.tsx";
import { prettyJson } from "./pretty-json.ts";

interface RawToggleProps {
  data: unknown;
  /** What is shown until somebody wants the JSON. */
  children: ReactNode;
}

/** Something in its own look, with a button below that shows what was stored instead. */
export function RawToggle({ data, children }: RawToggleProps) {
  const [isRaw, setIsRaw] = useState(false);
  return (
    <>
      {isRaw ? <RawJson data={data} /> : children}
      <button
        type="button"
        aria-pressed={isRaw}
        onClick={() => setIsRaw(!isRaw)}
        className="inline-flex items-center gap-1.5 self-start rounded text-meta text-faint hover:text-ink pointer-coarse:py-2"
      >
        <Braces aria-hidden className="size-3.5" />
        {isRaw ? "Formatted" : "Raw JSON"}
      </button>
    </>
  );
}

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
