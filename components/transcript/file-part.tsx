import { FileText } from "lucide-react";
import { readText, type JsonObject } from "#components/session/json.ts";
import { safeLink } from "#components/markdown/safe-link.ts";
import { visibleText } from "#components/format/visible-text.ts";

/** Pictures that are part of the session itself. Others would tell their host who reads, SVG could hold anything. */
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/;

/** A file that was sent or made: a picture is shown, anything else named. */
export function FilePart({ data }: { data: JsonObject }) {
  const url = readText(data, "url") ?? "";
  const mime = visibleText(readText(data, "mime") ?? "");
  const name = visibleText(readText(data, "filename") ?? "") || mime || "File";
  if (PICTURE.test(url)) {
    return (
      // oxlint-disable-next-line nextjs/no-img-element
      <img
        src={url}
        alt={name}
        className="max-h-[60dvh] max-w-full self-start rounded border border-line object-contain"
      />
    );
  }
  const address = safeLink(url);
  const content = (
    <>
      <FileText aria-hidden className="size-4 shrink-0 text-faint" />
      <span className="truncate">{name}</span>
      <span className="shrink-0 text-meta text-faint">{mime}</span>
    </>
  );
  const look =
    "inline-flex max-w-full items-center gap-2 self-start rounded border border-line px-3 py-1.5 text-label";
  if (address === null) return <span className={look}>{content}</span>;
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener noreferrer nofollow ugc"
      className={`${look} hover:bg-hover`}
    >
      {content}
    </a>
  );
}
