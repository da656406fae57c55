import type { ReactNode } from "react";
import {
  FOUND_PARAMETER,
  type SearchHit,
  type SearchKind,
  type TextRange,
} from "#lib/search-hit.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { formatCount } from "#components/format/format-count.ts";

const kindWords: Record<SearchKind, string> = {
  prompt: "Prompt",
  answer: "Answer",
  reasoning: "Reasoning",
  input: "Tool input",
  output: "Tool output",
};

/** What a tool got or gave is shown as it is; the rest is Markdown. */
const proseKinds: ReadonlySet<SearchKind> = new Set(["prompt", "answer", "reasoning"]);

/** Where something was found in a session, with the find marked. */
export function HitLine({ hit, className }: { hit: SearchHit; className?: string }) {
  const { kind, count, text, ranges } = hit;
  const places = count > 1 ? `, ${formatCount(count, "place")}` : "";
  return (
    <span className={className}>
      <span className="text-faint">
        {kindWords[kind]}
        {places} ·{" "}
      </span>
      {markRanges(text, ranges, proseKinds.has(kind) ? withoutMarks : visibleText)}
    </span>
  );
}

/** The address of what was found, where it is marked. */
export function hitLink(sessionId: string, hit: SearchHit | null): string {
  const path = `/sessions/${sessionId}`;
  if (hit === null) return path;
  const [range] = hit.ranges;
  const found = range === undefined ? "" : hit.text.slice(range.start, range.end);
  const query = new URLSearchParams({ ...(found !== "" && { [FOUND_PARAMETER]: found }) });
  const search = query.size === 0 ? "" : `?${query.toString()}`;
  return `${path}${search}#${encodeURIComponent(hit.partId)}`;
}

/** Fences, headings, code and bold of Markdown on one line, where a bullet cannot be told from a minus. */
const MARKS = /```\w*|`+|\*\*|(?<=^|\s)#{1,6}\s+(?=\S)/g;

/** A piece of Markdown as it reads: its marks would only be in the way. */
export const withoutMarks = (text: string) =>
  visibleText(text.replaceAll(MARKS, "").replaceAll(/ {2,}/g, " "));

function markRanges(
  text: string,
  ranges: readonly TextRange[],
  read: (piece: string) => string,
): ReactNode[] {
  const pieces: ReactNode[] = [];
  let at = 0;
  for (const { start, end } of ranges) {
    pieces.push(
      read(text.slice(at, start)),
      <mark key={start} className="rounded-sm bg-found font-medium text-ink">
        {visibleText(text.slice(start, end))}
      </mark>,
    );
    at = end;
  }
  return [...pieces, read(text.slice(at))];
}
