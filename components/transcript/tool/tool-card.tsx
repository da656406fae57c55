"use client";

import clsx from "clsx";
import { useMemo } from "react";
import { formatDuration } from "#components/format/format-duration.ts";
import type { JsonObject } from "#components/session/json.ts";
import { useNow } from "#components/ui/clock.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { ChangeCount } from "../diff/diff-view.tsx";
import { Disclosure } from "../disclosure.tsx";
import { toolVerb } from "./tool-action.ts";
import { ToolBody } from "./tool-body.tsx";
import { toolIcons } from "./tool-icon.tsx";
import { readDiffs, readTool, type ToolCall } from "./read-tool.ts";

interface ToolCardProps {
  id: string;
  data: JsonObject;
  /** The turn goes on, so a call without an end may still get one. */
  isTurnRunning: boolean;
}

/** A tool call: one quiet line that opens to what went in and what came out. */
export function ToolCard({ id, data, isTurnRunning }: ToolCardProps) {
  const call = useMemo(() => readTool(data), [data]);
  const diffs = useMemo(() => readDiffs(data), [data]);
  const Icon = toolIcons[call.action];
  const hasEnded = call.status === "completed" || call.status === "error";
  const additions = diffs.reduce((sum, diff) => sum + diff.additions, 0);
  const deletions = diffs.reduce((sum, diff) => sum + diff.deletions, 0);
  return (
    <Disclosure
      id={id}
      summary={
        <>
          <Icon aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="shrink-0 font-medium text-ink">
            {toolVerb(call.action, { name: call.name, hasEnded })}
          </span>
          <span className="min-w-0 flex-1 truncate font-mono text-code">
            {visibleText(call.argument)}
          </span>
          {diffs.length > 0 && <ChangeCount additions={additions} deletions={deletions} />}
          <ResultMark call={call} isTurnRunning={isTurnRunning} />
        </>
      }
    >
      <ToolBody call={call} data={data} diffs={diffs} />
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
  if (!isTurnRunning) return <span className={clsx(base, "text-warning")}>Not finished</span>;
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
