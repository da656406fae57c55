import { formatBytes } from "#components/format/format-bytes.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import type { ShownUpload } from "./shown-upload.ts";
import { UploadActions } from "./upload-actions.tsx";
import { UploadCounts } from "./upload-counts.tsx";
import { UploadError } from "./upload-error.tsx";
import { UploadProgress } from "./upload-progress.tsx";
import { UploadStateMark } from "./upload-state-mark.tsx";
import { describeFormat, nameOf } from "./upload-words.ts";

/** One upload with its state, what became of its items, and what can be done about it. */
export function UploadCard({ upload }: { upload: ShownUpload }) {
  const { state, sha256, bytes, createdAt } = upload;
  const hasCounts = state === "running" || state === "done" || upload.stored > 0;
  const facts = [formatBytes(bytes), describeFormat(upload)].filter(Boolean).join(" · ");
  return (
    <li className="flex flex-col gap-2.5 border-b border-line px-5 py-4 last:border-b-0">
      <div className="flex items-start justify-between gap-3">
        <h4 title={nameOf(upload)} className="min-w-0 text-label font-medium wrap-anywhere">
          {nameOf(upload)}
        </h4>
        <UploadStateMark upload={upload} />
      </div>
      <UploadProgress upload={upload} />
      <UploadError upload={upload} />
      {hasCounts && <UploadCounts counts={upload} />}
      <div className="flex flex-col text-meta text-faint tabular">
        <p>
          {state === "receiving" ? "Began " : `${facts} · `}
          <RelativeTime iso={createdAt} />
        </p>
        {sha256 !== null && (
          <p className="-my-0.5 flex items-center gap-1">
            <span>SHA-256</span>
            <code title={sha256} className="font-mono">
              {sha256.slice(0, 16)}…
            </code>
            <CopyButton text={sha256} label="Copy the SHA-256" />
          </p>
        )}
      </div>
      <UploadActions upload={upload} />
    </li>
  );
}
