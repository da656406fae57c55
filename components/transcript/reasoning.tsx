"use client";

import { Brain } from "lucide-react";
import type { ReactNode } from "react";
import { formatDuration } from "#components/format/format-duration.ts";
import { Markdown } from "#components/markdown/markdown.tsx";
import { readNumber, readObject, type JsonObject } from "#lib/json.ts";
import { textOf, type PartView } from "#components/session/session-view.ts";
import { Disclosure } from "./disclosure.tsx";
import { RawToggle } from "./raw-toggle.tsx";

interface ReasoningProps {
  part: PartView;
  isTurnRunning: boolean;
  /** Gets the whole of a body that was not sent whole, once it is open. */
  wrapBody?: ((draw: (data: JsonObject) => ReactNode) => ReactNode) | null;
}

/** What the agent thought: one closed line. */
export function Reasoning({ part, isTurnRunning, wrapBody = null }: ReasoningProps) {
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
      <div className="mt-1 mb-2 ml-2 flex min-w-0 flex-col gap-2 border-l border-line pl-4 text-label text-soft">
        {wrapBody?.((data) => <Thought part={{ ...part, data }} />) ?? <Thought part={part} />}
      </div>
    </Disclosure>
  );
}

function Thought({ part }: { part: PartView }) {
  return (
    <RawToggle data={part.data ?? { text: part.streamed }}>
      <Markdown text={textOf(part)} />
    </RawToggle>
  );
}
