import { Download, FileText } from "lucide-react";

interface NamedFileProps {
  name: string;
  /** What else is known of it; empty for nothing. */
  remark: string;
  /** Null when nobody may follow it. */
  address: string | null;
  /** The address is one of ours, and gives the file to be kept. */
  isDownload?: boolean;
}

/** A file by its name, and the way to it where there is one. */
export function NamedFile({ name, remark, address, isDownload = false }: NamedFileProps) {
  const content = (
    <>
      <FileText aria-hidden className="size-4 shrink-0 text-faint" />
      <span className="min-w-0 truncate">{name}</span>
      {remark !== "" && <span className="text-meta text-faint">{remark}</span>}
      {isDownload && <Download aria-label="Download" className="size-3.5 shrink-0 text-soft" />}
    </>
  );
  const look =
    "inline-flex max-w-full items-center gap-x-2 self-start rounded border border-line px-3 py-1.5 text-label";
  if (address === null) return <span className={look}>{content}</span>;
  const leads = isDownload
    ? { download: name }
    : { target: "_blank", rel: "noopener noreferrer nofollow ugc" };
  return (
    <a href={address} {...leads} className={`${look} hover:bg-hover pointer-coarse:py-2.5`}>
      {content}
    </a>
  );
}
