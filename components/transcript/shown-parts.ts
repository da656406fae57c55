import type { PartFilter, ReadingMode } from "#components/session/session-atoms.ts";
import type { PartView } from "#components/session/session-view.ts";

const isStepKind = (kind: string) => kind.startsWith("step-") || kind === "snapshot";

interface Choice {
  mode: ReadingMode;
  hiddenParts: ReadonlySet<PartFilter>;
}

/** What of an answer the reader wants to see; what failed to be stored is never left out. */
export function shownParts(
  parts: readonly PartView[],
  { mode, hiddenParts }: Choice,
): readonly PartView[] {
  if (mode !== "answers" && hiddenParts.size === 0) return parts;
  return parts.filter(({ kind, item }) => {
    if (kind === "hole") return true;
    // What it is will be known when its body is here.
    if (kind === "" && item?.body === null) return true;
    if (mode === "answers") return kind === "text" || kind === "file";
    return !hiddenParts.has(filterOf(kind));
  });
}

function filterOf(kind: string): PartFilter {
  if (kind === "tool") return "tools";
  if (kind === "reasoning") return "reasoning";
  if (isStepKind(kind)) return "steps";
  return kind === "text" || kind === "file" ? "text" : "others";
}
