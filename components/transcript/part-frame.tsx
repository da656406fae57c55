"use client";

import { Braces } from "lucide-react";
import { useState, type ReactNode } from "react";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import type { PartView } from "#components/session/session-view.ts";
import { LargeBody } from "./large-body.tsx";
import { LazyRawJson } from "./lazy-parts.tsx";
import { useStep } from "./use-step.ts";

interface PartFrameProps {
  part: PartView;
  children: ReactNode;
}

/** A part that is always open: `j` and `k` stop at it, and what was stored of it is a press away. */
export function PartFrame({ part, children }: PartFrameProps) {
  const [isRaw, setIsRaw] = useState(false);
  const label = isRaw ? "Hide the raw JSON" : "Show the raw JSON";
  return (
    <div
      {...useStep(part.partId)}
      className="group/part relative flex min-w-0 scroll-mt-20 flex-col gap-2 rounded"
    >
      {children}
      {isRaw && <WholeJson part={part} />}
      <button
        type="button"
        aria-pressed={isRaw}
        aria-label={label}
        title={label}
        onClick={() => setIsRaw(!isRaw)}
        className="absolute -top-1 right-0 inline-flex size-7 items-center justify-center rounded bg-canvas text-faint opacity-0 transition-opacity group-focus-within/part:opacity-100 group-hover/part:opacity-100 hover:bg-hover hover:text-ink focus-visible:opacity-100 aria-pressed:opacity-100 pointer-coarse:pointer-events-none pointer-coarse:size-9 pointer-coarse:group-focus-within/part:pointer-events-auto"
      >
        <Braces aria-hidden className="size-3.5" />
      </button>
    </div>
  );
}

/** What was stored, not only what was needed to draw it. */
function WholeJson({ part: { item, data, streamed } }: { part: PartView }) {
  const isCut = item !== null && item.body === null && item.byteSize > PREVIEW_MAX_BYTES;
  if (!isCut || streamed !== null) return <LazyRawJson data={data ?? { text: streamed }} />;
  return (
    <LargeBody item={item} preview={data} fetchWhen="now">
      {(whole) => <LazyRawJson data={whole} />}
    </LargeBody>
  );
}
