import { CircleAlert } from "lucide-react";
import type { Upload, UploadCounts } from "#lib/upload.ts";
import { describePlace, splitPlace } from "./upload-words.ts";
import { Words } from "./words.tsx";

/** Why an upload failed, and where in the document. */
export function UploadError({
  upload,
}: {
  upload: Pick<Upload, "error" | "state" | keyof UploadCounts>;
}) {
  const { error, state } = upload;
  if (error === null || state === "done") return null;
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
