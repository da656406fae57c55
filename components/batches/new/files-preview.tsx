"use client";

import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import type { SeenFile } from "../sending/read-files.ts";
import { RowProblem } from "./preview-cells.tsx";

const SHOWN_MAX = 100;

/** Which files would be brought, those that cannot be first. */
export function FilesPreview({ seen }: { seen: readonly SeenFile[] }) {
  const refused = seen.filter(({ look }) => "problem" in look);
  const good = seen.filter(({ look }) => !("problem" in look));
  const shown = [...refused, ...good].slice(0, SHOWN_MAX);
  return (
    <section aria-labelledby="preview" className="flex flex-col gap-3">
      <h2 id="preview" className="text-label font-semibold">
        What will be brought
      </h2>
      <ul
        aria-labelledby="preview"
        tabIndex={0}
        className="max-h-96 overflow-y-auto rounded border border-line bg-surface text-label"
      >
        {shown.map(({ file, look }) => (
          <li
            key={`${file.webkitRelativePath}/${file.name}/${file.size}/${file.lastModified}`}
            className="flex flex-wrap items-baseline gap-x-4 border-b border-line px-3 py-2 last:border-b-0"
          >
            <span className="min-w-0 flex-1 wrap-anywhere">{file.name}</span>
            <span className="text-meta text-faint tabular">{formatBytes(file.size)}</span>
            {"problem" in look && <RowProblem problem={`${look.problem} It stays here.`} />}
          </li>
        ))}
      </ul>
      {seen.length > shown.length && (
        <p className="text-meta text-faint">
          And {formatCount(seen.length - shown.length, "file")} more.
        </p>
      )}
    </section>
  );
}
