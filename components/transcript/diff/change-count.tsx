import { formatCount } from "#components/format/format-count.ts";
import type { ChangeCounts } from "#lib/changes/read-changes.ts";

/** `+120 −8`, in words for those who hear it. */
export function ChangeCount({ additions, deletions }: ChangeCounts) {
  return (
    <span className="shrink-0 text-meta whitespace-nowrap tabular">
      <span className="sr-only">
        {formatCount(additions, "line")} added, {formatCount(deletions, "line")} removed
      </span>
      <span aria-hidden>
        {additions > 0 && <span className="text-success">+{additions.toLocaleString("en")}</span>}
        {additions > 0 && deletions > 0 && " "}
        {deletions > 0 && <span className="text-danger">−{deletions.toLocaleString("en")}</span>}
      </span>
    </span>
  );
}
