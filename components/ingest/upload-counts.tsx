import type { UploadCounts as Counts } from "#lib/upload.ts";

const rows = [
  ["stored", "stored", "Written as they came"],
  ["unchanged", "unchanged", "Were there already, byte for byte"],
  ["stale", "older", "Something newer was there and stays"],
  ["skipped", "skipped", "Refused, each with its reason in the list of skipped items"],
] as const;

/** What became of an upload's items; what did not happen is left out. */
export function UploadCounts({ counts }: { counts: Counts }) {
  const shown = rows.filter(([name]) => name === "stored" || counts[name] > 0);
  return (
    <dl className="flex flex-wrap gap-x-4 gap-y-1 text-meta text-soft tabular">
      {shown.map(([name, word, meaning]) => (
        <div key={name} title={meaning} className="flex flex-row-reverse gap-1">
          <dt>{word}</dt>
          <dd className={name === "skipped" ? "font-medium text-warning" : "font-medium text-ink"}>
            {counts[name].toLocaleString("en")}
          </dd>
        </div>
      ))}
    </dl>
  );
}
