"use client";

import clsx from "clsx";
import { useMemo, type ReactNode } from "react";
import { formatDuration } from "#components/format/format-duration.ts";
import type { JsonObject } from "#lib/json.ts";
import { useNow } from "#components/ui/clock.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { ChangeCount } from "../diff/change-count.tsx";
import { countCallChanges, readToldCounts } from "#lib/changes/count-call-changes.ts";
import { Disclosure } from "../disclosure.tsx";
import { useLineRange } from "../lines/use-line-range.ts";
import { endOfPath } from "#lib/changes/shorten-path.ts";
import { toolVerb } from "#lib/changes/tool-action.ts";
import { LazyToolBody } from "../lazy-parts.tsx";
import { toolIcons } from "./tool-icon.tsx";
import { readTool, type ToolCall } from "./read-tool.ts";

interface ToolCardProps {
  id: string;
  data: JsonObject;
  /** The turn goes on, so a call without an end may still get one. */
  isTurnRunning: boolean;
  /** Gets the whole of a body that was not sent whole, once the card is open. */
  wrapBody?: ((draw: (data: JsonObject) => ReactNode) => ReactNode) | null;
}

/** A tool call: one quiet line that opens to what went in and what came out. */
export function ToolCard({ id, data, isTurnRunning, wrapBody = null }: ToolCardProps) {
  const call = useMemo(() => readTool(data), [data]);
  const isCut = wrapBody !== null;
  const counts = useMemo(
    // Of a body that is cut only the beginning is here.
    () => (isCut ? readToldCounts(data) : countCallChanges(data)),
    [data, isCut],
  );
  const isNamed = useLineRange(id) !== null;
  const Icon = toolIcons[call.action];
  const hasEnded = call.status === "completed" || call.status === "error";
  return (
    <Disclosure
      id={id}
      isWanted={isNamed}
      summary={
        <>
          <Icon aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="max-w-1/2 shrink-0 truncate font-medium text-ink">
            {visibleText(
              toolVerb(call.action, { name: call.name, hasEnded: hasEnded || !isTurnRunning }),
            )}
          </span>
          <span
            className="min-w-0 flex-1 truncate font-mono text-code"
            title={visibleText(call.argument)}
          >
            {visibleText(endOfPath(call.argument))}
          </span>
          {counts !== null && counts.additions + counts.deletions > 0 && (
            <ChangeCount {...counts} />
          )}
          <ResultMark call={call} isTurnRunning={isTurnRunning} />
        </>
      }
    >
      {wrapBody?.((whole) => <LazyToolBody partId={id} call={readTool(whole)} data={whole} />) ?? (
        <LazyToolBody partId={id} call={call} data={data} />
      )}
    </Disclosure>
  );
}

function ResultMark({ call, isTurnRunning }: { call: ToolCall; isTurnRunning: boolean }) {
  const base = "shrink-0 text-meta tabular whitespace-nowrap";
  if (call.status === "error") return <span className={clsx(base, "text-danger")}>Failed</span>;
  if (call.exitCode !== null && call.exitCode !== 0)
    return <span className={clsx(base, "text-danger")}>Exit {call.exitCode}</span>;
  if (call.status === "completed") {
    const elapsedMs =
      call.startedAt === null || call.endedAt === null ? null : call.endedAt - call.startedAt;
    return (
      <span className={clsx(base, "text-faint")}>
        {elapsedMs === null ? "Done" : formatDuration(elapsedMs)}
      </span>
    );
  }
  if (!isTurnRunning) return <span className={clsx(base, "text-warning")}>Did not finish</span>;
  if (call.status === "pending") return <span className={clsx(base, "text-faint")}>Waiting</span>;
  return <RunningTime startedAt={call.startedAt} className={clsx(base, "text-running")} />;
}

function RunningTime({ startedAt, className }: { startedAt: number | null; className: string }) {
  const nowMs = useNow();
  if (startedAt === null) return <span className={className}>Running</span>;
  const seconds = Math.max(0, Math.floor((nowMs - startedAt) / 1_000));
  return (
    <span className={className}>{seconds < 1 ? "Running" : formatDuration(seconds * 1_000)}</span>
  );
}
