"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import { useEffect, useRef } from "react";
import { AnsiText } from "#components/transcript/ansi/ansi-text.tsx";
import { currentStep } from "./preparation-words.ts";
import { sessionStateAtom } from "./session-atoms.ts";

/** The end of what the running or failed step has said; of one height as long as more may come. */
export function StepOutput() {
  const { preparation } = useAtomValue(sessionStateAtom);
  const step = preparation && currentStep(preparation);
  const text = step?.logTail ?? "";
  const isSilent = preparation?.status === "failed" && text === "";
  return <OutputTail key={step?.step} text={text} className={isSilent ? "h-9" : "h-32"} />;
}

/** Scrolls along unless the reader scrolled up in it. */
export function OutputTail({ text, className }: { text: string; className: string }) {
  const ref = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const box = ref.current;
    if (box && isAtEnd.current) box.scrollTop = box.scrollHeight;
  });
  return (
    <pre
      ref={ref}
      tabIndex={0}
      role="region"
      aria-label="End of the output"
      onScroll={({ currentTarget: box }) => {
        isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
      }}
      className={clsx(
        "overflow-auto border-t border-line bg-sunken py-2 pr-4 pl-11 font-mono text-meta leading-5 break-words whitespace-pre-wrap text-soft",
        className,
      )}
    >
      <code className={clsx(text === "" && "text-faint")}>
        <AnsiText text={text === "" ? "No output" : text} />
      </code>
    </pre>
  );
}
