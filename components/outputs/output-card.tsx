"use client";

import { useEffect, useState } from "react";
import type { Output } from "#lib/output.ts";
import { outputKind } from "#lib/output-kind.ts";
import { OutputPicture } from "./output-picture.tsx";
import { OutputRow } from "./output-row.tsx";
import { OutputTail } from "./output-tail.tsx";

const GROWING_AFTER_MS = 2_000;

/** An output where it came out. The card of what a tool sends is as high from its first byte to its last. */
export function OutputCard({ output }: { output: Output }) {
  const kind = outputKind(output.mime);
  const hasTail = useWasGrowing(output) && (kind === "text" || kind === "table");
  return (
    <div className="min-w-0 overflow-hidden rounded border border-line bg-surface">
      <OutputRow output={output} />
      {kind === "picture" && (
        <OutputPicture output={output} className="h-48 border-t border-line bg-sunken p-2" />
      )}
      {hasTail && <OutputTail output={output} className="h-40 border-t border-line" />}
    </div>
  );
}

/** What somebody saw grow keeps its lines. Files and contents are mostly whole before they come out, so it takes a while. */
function useWasGrowing({ state, source }: Output): boolean {
  const isStream = source === "tool" || source === "execution";
  const isWriting = state === "writing";
  const [wasGrowing, setWasGrowing] = useState(isWriting && isStream);
  useEffect(() => {
    if (!isWriting) return undefined;
    const timer = setTimeout(() => setWasGrowing(true), GROWING_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isWriting]);
  return wasGrowing;
}
