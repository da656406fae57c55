import { CircleAlert } from "lucide-react";
import { isCancelled, type Upload, type UploadCounts } from "#lib/upload.ts";
import { describeCancelled, describePlace, splitPlace } from "./upload-words.ts";
import { Words } from "./words.tsx";

/** Why an upload failed, and where in the document; or how far it came before it was cancelled. */
export function UploadError({
  upload,
}: {
  upload: Pick<Upload, "error" | "state" | "bytes" | keyof UploadCounts>;
}) {
  const { error, state } = upload;
  if (error === null || state === "done") return null;
  if (isCancelled(upload))
    return <p className="text-label text-soft">{describeCancelled(upload)}</p>;
  const { words, whole } = splitPlace(error.message);
  return (
    <p className="flex items-start gap-2 text-label text-danger">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span className="min-w-0">
        <Words text={error.offset === null ? error.message : words} />
        {error.offset !== null && (
          <span className="block text-meta tabular">
            {describePlace({ offset: error.offset, whole }, upload)}
          </span>
        )}
      </span>
    </p>
  );
}
