"use client";

import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";

/** On a narrower screen a form with everything open is several screens long. */
const ROOMY = "(width >= 40rem) and (height >= 45rem)";

interface ShareGroupProps {
  title: string;
  /** What is chosen in it, in a few words. */
  chosen: string;
  children: ReactNode;
}

/** Choices that belong together below a line that says what is chosen; closed at first where there is little room. */
export function ShareGroup({ title, chosen, children }: ShareGroupProps) {
  const [isOpenAtFirst] = useState(() => matchMedia(ROOMY).matches);
  return (
    <details open={isOpenAtFirst} className="group/share -my-1 border-t border-line pt-1">
      <summary className="-mx-2 flex list-none items-center gap-3 rounded px-2 py-2 text-label hover:bg-hover pointer-coarse:py-3 [&::-webkit-details-marker]:hidden">
        <span className="shrink-0 font-medium">{title}</span>
        <span className="min-w-0 flex-1 truncate text-right text-meta text-soft">{chosen}</span>
        <ChevronRight
          aria-hidden
          className="size-3.5 shrink-0 text-faint transition-transform group-open/share:rotate-90"
        />
      </summary>
      <div className="flex flex-col gap-4 pt-1 pb-2">{children}</div>
    </details>
  );
}
