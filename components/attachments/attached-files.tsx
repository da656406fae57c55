import { type Attachment, attachmentAddress } from "#lib/attachment.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { NamedFile } from "#components/transcript/picture/named-file.tsx";

/** Files of a prompt that is no item yet. */
export function AttachedFiles({ attachments }: { attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return (
    <div className="mt-2 flex flex-wrap gap-2">
      {attachments.map(({ attachmentId, name, bytes }) => (
        <NamedFile
          key={attachmentId}
          name={visibleText(name)}
          remark={formatBytes(bytes)}
          address={attachmentAddress(attachmentId)}
          isDownload
        />
      ))}
    </div>
  );
}
