"use client";

import clsx from "clsx";
import { Check, Copy } from "lucide-react";
import { useState } from "react";

const SHOWN_MS = 1_500;

interface CopyButtonProps {
  /** What is copied, or how to get it when it is not at hand. */
  text: string | (() => Promise<string> | string);
  label: string;
  className?: string;
}

/** Copies raw text and says for a moment that it did, or that it could not. */
export function CopyButton({ text, label, className }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);

  async function copy() {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : await text());
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
    setTimeout(() => setOutcome(null), SHOWN_MS);
  }

  const Icon = outcome === "copied" ? Check : Copy;
  const title = outcome === null ? label : outcome === "copied" ? "Copied" : "Could not copy";
  return (
    <button
      type="button"
      onClick={() => void copy()}
      aria-label={title}
      title={title}
      className={clsx(
        "inline-flex size-7 items-center justify-center rounded text-faint transition-[color,opacity] hover:bg-hover hover:text-ink pointer-coarse:size-9",
        outcome === "failed" && "text-danger",
        className,
      )}
    >
      <Icon aria-hidden className="size-3.5" />
    </button>
  );
}
