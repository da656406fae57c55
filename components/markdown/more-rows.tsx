"use client";

import { useState, type ReactNode } from "react";
import { formatCount } from "#components/format/format-count.ts";

interface MoreRowsProps {
  total: number;
  /** So many are there at first, and so many more with each press. */
  step: number;
  noun: string;
  children: (count: number) => ReactNode;
}

/** A long list or table by its beginning: what nobody asks for costs nothing. */
export function MoreRows({ total, step, noun, children }: MoreRowsProps) {
  const [count, setCount] = useState(step);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {children(count)}
      {count < total && (
        <p className="text-meta text-faint">
          {count.toLocaleString("en")} of {formatCount(total, noun)}
          {" · "}
          <button
            type="button"
            onClick={() => setCount(count + step)}
            className="rounded font-medium text-accent underline underline-offset-2"
          >
            Show {Math.min(step, total - count).toLocaleString("en")} more
          </button>
        </p>
      )}
    </div>
  );
}
