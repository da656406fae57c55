"use client";

import { useMemo, useState } from "react";
import { createPortal } from "react-dom";
import { PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS, PICTURE_MAX_SIDE } from "#lib/limits.ts";
import type { Picture as PictureHead } from "#lib/read-picture.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { Dialog } from "#components/ui/dialog.tsx";
import { useEmbeddedFile, type EmbeddedFile } from "./embedded-file.tsx";
import { NamedFile } from "./named-file.tsx";
import { largePictureBox, pictureBox } from "./picture-box.ts";
import { readDataUrl, type DataUrl } from "./read-data-url.ts";

interface EmbeddedProps {
  /** `data:` URL, or its beginning. The page never loads it: only what our own route makes of it. */
  url: string;
  name: string;
}

/** A file that an item holds: a picture is shown, anything else named, and can be kept. */
export function Embedded({ url, name }: EmbeddedProps) {
  const told = useMemo(() => readDataUrl(url), [url]);
  const file = useEmbeddedFile(url);
  const [failedUrl, setFailedUrl] = useState<string | null>(null);
  if (told === null || file === null)
    return <NamedFile name={name} remark={told?.type ?? ""} address={null} />;
  const byteCount = Math.max(told.byteCount, isAlone(told, file) ? (file.itemByteSize * 3) / 4 : 0);
  const trouble = failedUrl === url ? "could not be shown" : whyNotShown(told, byteCount);
  if (trouble !== null) {
    const remark = [trouble, formatBytes(byteCount)].filter((words) => words !== "").join(" · ");
    return <NamedFile name={name} remark={remark} address={file.downloadUrl} isDownload />;
  }
  return (
    <ShownPicture file={file} name={name} head={told.picture} onFail={() => setFailedUrl(url)} />
  );
}

/** Of an item that came in part, the rest is nearly always the rest of its file. */
const isAlone = ({ byteCount }: DataUrl, { itemByteSize }: EmbeddedFile) =>
  byteCount > 4_000 && itemByteSize > byteCount;

/** Kinds that are drawn; a drawing that can hold anything is not one of them. */
const SHOWN_TYPES = /^image\/(?:png|jpe?g|gif|webp|avif)$/;
/** So much of a file is known before its size must have stood in it. */
const HEAD_TOLD_BYTES = 150_000;

/** Words for why a file is only named; its kind where it is no picture. Null for a picture that is shown. */
function whyNotShown({ type, picture, byteCount }: DataUrl, wholeByteCount: number): string | null {
  if (picture === null) {
    const mayBe = SHOWN_TYPES.test(type) && byteCount < Math.min(HEAD_TOLD_BYTES, wholeByteCount);
    return mayBe ? null : type;
  }
  const { width, height } = picture;
  if (width * height > PICTURE_MAX_PIXELS || Math.max(width, height) > PICTURE_MAX_SIDE)
    return `${sizeWords(picture)}: too large to show`;
  return wholeByteCount > PICTURE_MAX_BYTES ? "too large to show" : null;
}

const sizeWords = ({ width, height }: PictureHead) =>
  `${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels`;

interface ShownPictureProps {
  file: EmbeddedFile;
  name: string;
  /** Null while its size is not known. */
  head: PictureHead | null;
  onFail: () => void;
}

function ShownPicture({ file, name, head, onFail }: ShownPictureProps) {
  const [isLarge, setIsLarge] = useState(false);
  const { style, isCropped } = pictureBox(head);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        title="Show it large"
        onClick={() => setIsLarge(true)}
        style={style}
        className="checkered relative inline-block max-w-full cursor-zoom-in self-start overflow-hidden align-bottom rounded border border-line"
      >
        {/* oxlint-disable-next-line nextjs/no-img-element */}
        <img
          src={file.pictureUrl}
          alt={name}
          decoding="async"
          loading="lazy"
          draggable={false}
          onError={onFail}
          className={
            isCropped ? "size-full object-cover object-left-top" : "size-full object-contain"
          }
        />
        {isCropped && (
          <span
            aria-hidden
            className="absolute right-1 bottom-1 rounded-sm border border-line bg-surface px-1.5 text-meta text-soft"
          >
            Shown in part
          </span>
        )}
      </button>
      {isLarge &&
        createPortal(
          <LargePicture file={file} name={name} head={head} onClose={() => setIsLarge(false)} />,
          document.body,
        )}
    </>
  );
}

interface LargePictureProps extends Omit<ShownPictureProps, "onFail"> {
  onClose: () => void;
}

function LargePicture({ file, name, head, onClose }: LargePictureProps) {
  const { style, isScrolled } = largePictureBox(head);
  return (
    <Dialog title={name} onClose={onClose} className="w-max! max-w-[calc(100vw-2rem)]! sm:min-w-96">
      <div
        {...(isScrolled && { role: "group", "aria-label": "Picture", tabIndex: 0 })}
        data-first-focus={isScrolled || undefined}
        className="checkered flex max-h-[calc(100dvh-9rem)] overflow-auto focus-visible:-outline-offset-2"
      >
        {/* oxlint-disable-next-line nextjs/no-img-element */}
        <img src={file.pictureUrl} alt={name} style={style} className="m-auto max-w-none" />
      </div>
      <footer className="flex items-center justify-between gap-4 border-t border-line px-4 py-2 text-meta text-faint tabular">
        <span>{head === null ? "" : sizeWords(head)}</span>
        <a
          href={file.downloadUrl}
          download={name}
          className="rounded font-medium text-accent underline underline-offset-2 pointer-coarse:py-2"
        >
          Download
        </a>
      </footer>
    </Dialog>
  );
}
