"use client";

import clsx from "clsx";
import { Check, Circle, CircleDot, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { StepState } from "#lib/preparation.ts";
import { formatDuration, formatElapsed } from "#components/format/format-duration.ts";
import { AnsiText } from "#components/transcript/ansi/ansi-text.tsx";
import { useNow } from "#components/ui/clock.tsx";
import { stepLabel } from "./preparation-words.ts";

const marks = {
  pending: { Icon: Circle, colour: "text-faint", word: "Not begun" },
  running: { Icon: CircleDot, colour: "text-running", word: "Running" },
  done: { Icon: Check, colour: "text-success", word: "Done" },
  failed: { Icon: X, colour: "text-danger", word: "Failed" },
} as const;

/** One step: how it stands, how long it takes against what it usually takes, and the end of its output while that matters. */
export function PreparationStepRow({ step }: { step: StepState }) {
  const { Icon, colour, word } = marks[step.status];
  const isOpen = step.status === "running" || step.status === "failed";
  return (
    <li className="flex flex-col">
      <div
        className={clsx(
          "flex items-center gap-3 px-4 py-1.5 text-label",
          step.status === "pending" && "text-faint",
        )}
      >
        <Icon aria-label={word} className={clsx("size-4 shrink-0", colour)} />
        <span className={clsx("min-w-0 flex-1", isOpen && "font-medium")}>{stepLabel(step)}</span>
        <StepTime step={step} />
      </div>
      {step.status === "failed" && step.message !== null && (
        <p className="mr-4 mb-1.5 ml-11 text-label text-danger">{step.message}</p>
      )}
      {isOpen && step.logTail !== "" && <LogTail text={step.logTail} />}
    </li>
  );
}

function StepTime({ step }: { step: StepState }) {
  const nowMs = useNow();
  if (step.elapsedMs !== null)
    return <span className="text-meta text-faint tabular">{formatDuration(step.elapsedMs)}</span>;
  if (step.status !== "running" || step.startedAt === null) {
    return step.expectedMs === null ? null : (
      <span className="text-meta text-faint tabular">
        usually {formatDuration(step.expectedMs)}
      </span>
    );
  }
  const elapsedMs = nowMs - Date.parse(step.startedAt);
  return (
    <span className="flex items-center gap-2 text-meta text-soft tabular">
      {step.expectedMs !== null && (
        <progress
          aria-label="Elapsed of the usual time"
          max={step.expectedMs}
          value={Math.min(elapsedMs, step.expectedMs)}
          className="h-1 w-16 appearance-none overflow-hidden rounded-full bg-hover [&::-moz-progress-bar]:bg-running [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-running"
        />
      )}
      {formatElapsed(elapsedMs)}
      {step.expectedMs !== null && (
        <span className="text-faint">usually {formatDuration(step.expectedMs)}</span>
      )}
    </span>
  );
}

/** The end of a step's output; scrolls along unless the reader scrolled up in it. */
function LogTail({ text }: { text: string }) {
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
      aria-label="End of the output"
      onScroll={({ currentTarget: box }) => {
        isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 8;
      }}
      className="mr-4 mb-2 ml-11 max-h-40 overflow-auto rounded-sm bg-sunken px-3 py-2 font-mono text-meta leading-5 break-words whitespace-pre-wrap text-soft"
    >
      <AnsiText text={text} />
    </pre>
  );
}
