import type { ReactNode } from "react";
import type { SearchHit, SearchKind, TextRange } from "#lib/search-hit.ts";

const kindWords: Record<SearchKind, string> = {
  prompt: "Prompt",
  answer: "Answer",
  reasoning: "Reasoning",
  input: "Tool input",
  output: "Tool output",
};

/** Where something was found in a session, with the find marked. */
export function HitLine({ hit, className }: { hit: SearchHit; className?: string }) {
  return (
    <span className={className}>
      <span className="text-faint">{kindWords[hit.kind]} · </span>
      {markRanges(hit.text, hit.ranges)}
      {hit.count > 1 && (
        <span className="text-faint"> · {hit.count.toLocaleString("en")} places</span>
      )}
    </span>
  );
}

/** The address of what was found. */
export const hitLink = (sessionId: string, hit: SearchHit | null) =>
  `/sessions/${sessionId}${hit === null ? "" : `#${encodeURIComponent(hit.partId)}`}`;

function markRanges(text: string, ranges: readonly TextRange[]): ReactNode[] {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const { start, end } of ranges) {
    pieces.push(
      text.slice(at, start),
      <mark key={start} className="rounded-sm bg-warning-wash px-0.5 font-medium text-ink">
        {text.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  return [...pieces, text.slice(at)];
}
