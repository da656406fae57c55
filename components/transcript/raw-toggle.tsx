"use client";

import { Braces } from "lucide-react";
import { useState, type ReactNode } from "react";
import { LazyRawJson } from "./lazy-parts.tsx";

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
      {isRaw ? <LazyRawJson data={data} /> : children}
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
