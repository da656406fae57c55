"use client";

import { Brain } from "lucide-react";
import { formatDuration } from "#components/format/format-duration.ts";
import { Markdown } from "#components/markdown/markdown.tsx";
import { readNumber, readObject } from "#components/session/json.ts";
import { textOf, type PartView } from "#components/session/session-view.ts";
import { Disclosure } from "./disclosure.tsx";

/** What the agent thought: one closed line. */
export function Reasoning({ part, isTurnRunning }: { part: PartView; isTurnRunning: boolean }) {
  const time = readObject(part.data, "time");
  const start = readNumber(time, "start");
  const end = readNumber(time, "end");
  const isThinking = end === null && isTurnRunning;
  return (
    <Disclosure
      id={part.partId}
      summary={
        <>
          <Brain aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="min-w-0 flex-1 truncate text-faint">
            {isThinking
              ? "Thinking …"
              : start !== null && end !== null
                ? `Thought for ${formatDuration(end - start)}`
                : "Thought"}
          </span>
        </>
      }
    >
      <div className="mt-1 mb-2 ml-2 border-l border-line pl-4 text-label text-soft">
        <Markdown text={textOf(part)} />
      </div>
    </Disclosure>
  );
}
