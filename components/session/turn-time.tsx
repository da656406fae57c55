"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import { formatDuration, formatElapsed } from "#components/format/format-duration.ts";
import { useNow } from "#components/ui/clock.tsx";
import { sessionStateAtom } from "./session-atoms.ts";

/** How long the running turn works already, or how long the last one took. */
export function TurnTime() {
  const { status, turnStartedAt, turnEndedAt } = useAtomValue(sessionStateAtom);
  const nowMs = useNow();
  const isRunning = status === "working" || status === "needs_you";
  const endedAt = isRunning ? null : turnEndedAt;
  if (turnStartedAt === null || (!isRunning && endedAt === null)) return null;
  const startMs = Date.parse(turnStartedAt);
  return (
    <span
      title={isRunning ? "The running turn" : "The last turn"}
      // Beside a mark that asks for attention there is no room for it on a phone.
      className={clsx(
        "-ml-1 shrink-0 text-meta text-faint tabular sm:-ml-2 @max-[36rem]:group-not-has-data-[connection=live]/header:sr-only",
        status === "needs_you" && "@max-[36rem]:sr-only",
      )}
    >
      <span className="sr-only">{isRunning ? "Working for" : "Last turn took"} </span>
      <span aria-hidden>· </span>
      {endedAt === null
        ? formatElapsed(nowMs - startMs)
        : formatDuration(Date.parse(endedAt) - startMs)}
    </span>
  );
}
