"use client";

import clsx from "clsx";
import { CircleAlert, FileText, RotateCw, X } from "lucide-react";
import { attachmentAddress, isPictureMime } from "#lib/attachment.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { IconButton } from "#components/ui/button.tsx";
import { canSendAgain, type DraftFile, isSending } from "./draft-file.ts";
import type { AttachmentDraft } from "./use-attachments.ts";

/** The files of a prompt that is being typed, with how far they are. */
export function AttachmentChips({
  draft: { files, problem, remove, retry },
  className,
}: {
  draft: AttachmentDraft;
  className?: string;
}) {
  return (
    <>
      {files.length > 0 && (
        <ul
          aria-label="Files"
          className={clsx("flex max-h-32 flex-wrap gap-2 overflow-y-auto", className)}
        >
          {files.map((file) => (
            <Chip
              key={file.key}
              file={file}
              onRemove={() => remove(file.key)}
              onRetry={() => retry(file.key)}
            />
          ))}
        </ul>
      )}
      <p role="status" className={problem === null ? "sr-only" : "text-meta text-danger"}>
        {problem ?? describeAll(files)}
      </p>
    </>
  );
}

interface ChipProps {
  file: DraftFile;
  onRemove: () => void;
  onRetry: () => void;
}

function Chip({ file, onRemove, onRetry }: ChipProps) {
  const { name, problem } = file;
  const shown = visibleText(name);
  return (
    <li
      className={clsx(
        "flex h-10 max-w-64 min-w-0 items-center gap-2 rounded border bg-surface pl-1 pointer-coarse:h-12",
        problem === null ? "border-line" : "border-danger",
      )}
    >
      <Thumbnail file={file} />
      <span className="flex min-w-0 flex-col">
        <span title={shown} className="truncate text-meta">
          {shown}
        </span>
        <span
          title={problem ?? undefined}
          className={clsx(
            "truncate text-meta tabular",
            problem === null ? "text-faint" : "text-danger",
          )}
        >
          {describe(file)}
        </span>
      </span>
      {canSendAgain(file) && (
        <IconButton label={`Send ${shown} again`} onClick={onRetry} className="size-7!">
          <RotateCw aria-hidden />
        </IconButton>
      )}
      <IconButton label={`Remove ${shown}`} onClick={onRemove} className="mr-1 size-7!">
        <X aria-hidden />
      </IconButton>
    </li>
  );
}

function Thumbnail({ file: { attachment, problem } }: { file: DraftFile }) {
  const box = "flex size-8 shrink-0 items-center justify-center rounded-sm bg-sunken";
  if (problem !== null)
    return (
      <span className={box}>
        <CircleAlert aria-hidden className="size-4 text-danger" />
      </span>
    );
  if (attachment === null || !isPictureMime(attachment.mime))
    return (
      <span className={box}>
        <FileText aria-hidden className="size-4 text-faint" />
      </span>
    );
  return (
    // oxlint-disable-next-line nextjs/no-img-element -- a route of ours answers it as it is
    <img
      src={attachmentAddress(attachment.attachmentId)}
      alt=""
      className="size-8 shrink-0 rounded-sm bg-sunken object-cover"
    />
  );
}

function describe(file: DraftFile): string {
  const { bytes, sentBytes, problem } = file;
  if (problem !== null) return problem;
  if (!isSending(file)) return formatBytes(bytes);
  return `${Math.floor((100 * Math.min(sentBytes, bytes)) / bytes)} % of ${formatBytes(bytes)}`;
}

/** For those who do not see the chips; it changes with every file, not with every byte. */
function describeAll(files: readonly DraftFile[]): string {
  const failed = files.filter(({ problem }) => problem !== null);
  if (failed[0]) return `${failed[0].name} was not sent: ${failed[0].problem}`;
  if (files.length === 0) return "";
  const sendingCount = files.filter(isSending).length;
  if (sendingCount > 0) return `Sending ${sendingCount} of ${files.length} files`;
  return files.length === 1 ? "1 file attached" : `${files.length} files attached`;
}
