"use client";

import { FileText } from "lucide-react";
import { useMemo } from "react";
import { readText, type JsonObject } from "#lib/json.ts";
import { safeLink } from "#components/markdown/safe-link.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { readPictureSize } from "./picture-size.ts";

/** Pictures that are part of the session itself. Others would tell their host who reads, SVG could hold anything. */
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/;
/** Larger ones are named only: a browser makes four bytes of each pixel, however few it takes on the wire. */
const PIXELS_MAX = 50_000_000;

/** A file that was sent or made: a picture is shown, anything else named. */
export function FilePart({ data }: { data: JsonObject }) {
  const url = readText(data, "url") ?? "";
  const mime = visibleText(readText(data, "mime") ?? "");
  const name = visibleText((readText(data, "filename") ?? "").slice(0, 500)) || mime || "File";
  const isPicture = PICTURE.test(url);
  const size = useMemo(
    () => (isPicture ? readPictureSize(url.slice(url.indexOf(",") + 1)) : null),
    [isPicture, url],
  );
  const isHuge = size !== null && size.width * size.height > PIXELS_MAX;
  if (!isPicture || isHuge) {
    const pixels = isHuge
      ? `${size.width.toLocaleString("en")} × ${size.height.toLocaleString("en")} pixels: too large to show`
      : mime;
    return <NamedFile name={name} remark={pixels} address={safeLink(url)} />;
  }
  return (
    // oxlint-disable-next-line nextjs/no-img-element
    <img
      src={url}
      alt={name}
      decoding="async"
      loading="lazy"
      {...(size ?? {})}
      className="h-auto max-h-[60dvh] w-auto max-w-full self-start rounded border border-line object-contain"
    />
  );
}

interface NamedFileProps {
  name: string;
  remark: string;
  /** Null when nobody may follow it. */
  address: string | null;
}

function NamedFile({ name, remark, address }: NamedFileProps) {
  const content = (
    <>
      <FileText aria-hidden className="size-4 shrink-0 text-faint" />
      <span className="truncate">{name}</span>
      <span className="shrink-0 text-meta text-faint">{remark}</span>
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
