import { useEffect, useRef } from "react";
import { TriangleAlert } from "lucide-react";
import type { OutlineEntry } from "#lib/transcript.ts";
import { formatCount, formatTokens } from "#components/format/format-count.ts";
import { formatDuration } from "#components/format/format-duration.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ChangeCount } from "#components/transcript/diff/change-count.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";

interface OutlineRowProps {
  entry: OutlineEntry;
  /** It is the turn that is read. */
  isCurrent: boolean;
  onSelect: () => void;
}

/**
 * A prompt and what became of it in two lines; rows that are far from the screen cost no layout. Comes into sight when
 * it becomes the current one.
 */
export function OutlineRow({ entry, isCurrent, onSelect }: OutlineRowProps) {
  const { turn, title, createdMs, elapsedMs, toolCount, tokens, hasError } = entry;
  const { additions, deletions } = entry;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isCurrent) row.current?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }, [isCurrent]);
  const facts = [
    elapsedMs === null || elapsedMs === 0 ? null : formatDuration(elapsedMs),
    toolCount === null || toolCount === 0 ? null : formatCount(toolCount, "tool"),
    tokens === null || tokens === 0 ? null : `${formatTokens(tokens)} tokens`,
  ].filter((fact) => fact !== null);
  return (
    <li
      ref={row}
      className="scroll-my-16 [contain-intrinsic-size:auto_3.25rem] [content-visibility:auto]"
    >
      <button
        type="button"
        onClick={onSelect}
        aria-current={isCurrent ? "location" : undefined}
        className="flex w-full min-w-0 flex-col gap-0.5 rounded px-3 py-1.5 text-left hover:bg-hover aria-[current]:bg-accent-wash"
      >
        <span className="flex min-w-0 items-center gap-2 text-label">
          <span className="shrink-0 text-meta text-faint tabular">{turn}</span>
          <span className="min-w-0 flex-1 truncate">
            {title === "" ? "A prompt without text" : visibleText(title)}
          </span>
          {hasError && (
            <TriangleAlert aria-label="failed" className="size-3.5 shrink-0 text-warning" />
          )}
        </span>
        <span className="flex items-center gap-2 text-meta text-faint tabular">
          {createdMs !== null && (
            <RelativeTime iso={new Date(createdMs).toISOString()} className="shrink-0" />
          )}
          <span className="min-w-0 flex-1 truncate text-right">{facts.join(" · ")}</span>
          {additions !== null && deletions !== null && additions + deletions > 0 && (
            <ChangeCount additions={additions} deletions={deletions} />
          )}
        </span>
      </button>
    </li>
  );
}
