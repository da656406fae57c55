"use client";

import clsx from "clsx";
import { Check, ChevronRight, Circle, CircleDot, X } from "lucide-react";
import type { StepState } from "#lib/preparation.ts";
import { formatDuration, formatElapsed } from "#components/format/format-duration.ts";
import { useNow } from "#components/ui/clock.tsx";
import { stepLabel } from "./preparation-words.ts";
import { OutputTail } from "./step-output.tsx";

const marks = {
  pending: { Icon: Circle, colour: "text-faint", word: "Not begun" },
  running: { Icon: CircleDot, colour: "text-running", word: "Running" },
  done: { Icon: Check, colour: "text-success", word: "Done" },
  failed: { Icon: X, colour: "text-danger", word: "Failed" },
} as const;

interface PreparationStepRowProps {
  step: StepState;
  /** Offers what it has said, too. */
  hasOutput?: boolean;
}

/** One step in one line: how it stands, how long it takes against what it usually takes, and below it why it failed. */
export function PreparationStepRow({ step, hasOutput = false }: PreparationStepRowProps) {
  const { Icon, colour, word } = marks[step.status];
  const isCurrent = step.status === "running" || step.status === "failed";
  return (
    <li className="text-label">
      <div
        className={clsx(
          "flex items-center gap-3 px-4 py-1.5 whitespace-nowrap",
          step.status === "pending" && "text-faint",
        )}
      >
        <Icon aria-label={word} className={clsx("size-4 shrink-0", colour)} />
        <span className={clsx("min-w-0 flex-1 truncate", isCurrent && "font-medium")}>
          {stepLabel(step)}
        </span>
        <StepTime step={step} />
      </div>
      {hasOutput && step.logTail !== "" && (
        <details className="group/output">
          <summary className="mb-1.5 ml-11 inline-flex items-center gap-1 rounded text-meta text-faint marker:content-none hover:text-ink pointer-coarse:min-h-6">
            Output
            <ChevronRight
              aria-hidden
              className="size-3.5 transition-transform group-open/output:rotate-90"
            />
          </summary>
          <OutputTail text={step.logTail} className="max-h-64" />
        </details>
      )}
      {step.status === "failed" && step.message !== null && (
        <p className="mr-4 mb-1.5 ml-11 text-danger">{step.message}</p>
      )}
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
          className="hidden h-1 w-16 appearance-none sm:block overflow-hidden rounded-full bg-hover [&::-moz-progress-bar]:bg-running [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-running"
        />
      )}
      {formatElapsed(elapsedMs)}
      {step.expectedMs !== null && (
        <span className="text-faint">usually {formatDuration(step.expectedMs)}</span>
      )}
    </span>
  );
}
