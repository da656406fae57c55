import type { UploadCounts as Counts } from "#lib/upload.ts";

const outcomes = [
  ["stored", "stored", "Written as they came"],
  ["unchanged", "unchanged", "Were there already, byte for byte"],
  ["stale", "older", "Something newer was there, or stands further on in the same file, and stays"],
  [
    "skipped",
    "skipped",
    "Refused; what was read to its end has each with its reason in the list of skipped items",
  ],
] as const;

/** What became of an upload's items; what did not happen is left out. */
export function UploadCounts({ counts }: { counts: Counts }) {
  const shown = outcomes.filter(([name]) => name === "stored" || counts[name] > 0);
  return (
    <ul aria-label="Items" className="flex flex-wrap gap-x-4 gap-y-1 text-meta text-soft tabular">
      {shown.map(([name, word, meaning]) => (
        <li key={name} title={meaning} className={name === "skipped" ? "text-warning" : undefined}>
          <span className={name === "skipped" ? "font-medium" : "font-medium text-ink"}>
            {counts[name].toLocaleString("en")}
          </span>{" "}
          {word}
        </li>
      ))}
    </ul>
  );
}
