"use client";

import clsx from "clsx";
import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useStep } from "./use-step.ts";

interface DisclosureProps {
  /** The line that is always there. */
  summary: ReactNode;
  isOpenAtFirst?: boolean;
  /** It opens when this becomes true: the address names something in it. */
  isWanted?: boolean;
  id?: string;
  className?: string;
  children: ReactNode;
}

/**
 * A line that opens. What it hides is not in the page until it is opened once: a closed tool call costs one line. `o`
 * presses its button when the reader's place is on it.
 */
export function Disclosure({
  summary,
  isOpenAtFirst = false,
  isWanted = false,
  id,
  className,
  children,
}: DisclosureProps) {
  const place = useStep(id);
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  const [wasWanted, setWasWanted] = useState(false);
  if (isWanted !== wasWanted) {
    setWasWanted(isWanted);
    if (isWanted) setIsOpen(true);
  }
  return (
    <div
      {...place}
      data-line
      className={clsx("scroll-mt-20 rounded [&+[data-line]]:-mt-2", className)}
    >
      <button
        type="button"
        data-opens
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
        className="group/line -mx-2 flex w-[calc(100%+1rem)] min-w-0 items-center gap-2 rounded px-2 py-1 text-left text-label text-soft transition-colors hover:bg-hover pointer-coarse:py-2.5"
      >
        {summary}
        <ChevronRight
          aria-hidden
          className={clsx(
            "size-3.5 shrink-0 text-faint transition-transform",
            isOpen && "rotate-90",
          )}
        />
      </button>
      {isOpen && children}
    </div>
  );
}
