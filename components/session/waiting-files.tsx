import { Paperclip } from "lucide-react";
import { type Attachment, attachmentAddress } from "#lib/attachment.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { visibleText } from "#components/format/visible-text.ts";

/** What goes with a prompt that waits, by name and size; nothing where nothing does. */
export function WaitingFiles({ attachments }: { attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return (
    <ul
      aria-label="Files of this prompt"
      className="flex flex-wrap gap-x-3 gap-y-0.5 pr-2 pb-1 pl-5.5 text-meta text-faint"
    >
      {attachments.map(({ attachmentId, name, bytes }) => (
        <li key={attachmentId} className="flex max-w-full min-w-0 items-center gap-1">
          <Paperclip aria-hidden className="size-3 shrink-0" />
          <a
            href={`${attachmentAddress(attachmentId)}?download=1`}
            download={name}
            title={visibleText(name)}
            className="truncate rounded hover:text-ink hover:underline"
          >
            {visibleText(name)}
          </a>
          <span className="shrink-0 tabular">{formatBytes(bytes)}</span>
        </li>
      ))}
    </ul>
  );
}
