import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { progressOf, type ShownUpload } from "./shown-upload.ts";
import { nameOf } from "./upload-words.ts";

/** How far an upload is that is under way, as a bar and in words; nothing once it has ended. */
export function UploadProgress({ upload }: { upload: ShownUpload }) {
  if (upload.state === "done" || upload.state === "failed") return null;
  const value = progressOf(upload);
  return (
    <div className="flex flex-col gap-1.5">
      <ProgressBar
        label={nameOf(upload)}
        value={value}
        tone={upload.state === "queued" ? "waiting" : "running"}
      />
      <p className="flex flex-wrap justify-between gap-x-3 text-meta text-soft tabular">
        <span>{progressWords(upload)}</span>
        {value !== null && upload.state !== "queued" && <span>{Math.floor(value * 100)} %</span>}
      </p>
    </div>
  );
}

/** `12 MB of 34 MB · 1,234 items · 5.6 MB a second`. */
function progressWords(upload: ShownUpload): string {
  const { state, bytes, announcedBytes, decodedBytes, encoding, bytesPerSecond } = upload;
  const readableCount = upload.stored + upload.unchanged + upload.stale;
  switch (state) {
    case "receiving": {
      const total = announcedBytes === null ? "" : ` of ${formatBytes(announcedBytes)}`;
      const arrived = `${formatBytes(bytes)}${total} arrived`;
      return readableCount === 0
        ? arrived
        : `${arrived} · ${formatCount(readableCount, "item")} readable`;
    }
    case "queued":
      return upload.error === null
        ? `All ${formatBytes(bytes)} are safe and wait for a worker`
        : `Tried ${formatCount(upload.attempt, "time")}; it is tried again by itself`;
    case "running": {
      const read =
        encoding === "identity"
          ? `${formatBytes(decodedBytes)} of ${formatBytes(bytes)}`
          : `${formatBytes(decodedBytes)} unpacked`;
      const rate = bytesPerSecond === null ? [] : [`${formatBytes(bytesPerSecond)} a second`];
      return [read, formatCount(readableCount + upload.skipped, "item"), ...rate].join(" · ");
    }
    case "done":
    case "failed":
      return "";
  }
}
