import type { Output } from "#lib/output.ts";
import { encodeFileName } from "./encode-file-name.ts";

const MIME =
  /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(?:\s*;\s*[\w-]{1,50}=(?:[\w.+-]{1,100}|"[\w .+-]{1,100}"))*$/;
const UNKNOWN_MIME = "application/octet-stream";

/** What a browser shows and cannot run; everything else is a file to keep. */
const SHOWN =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/(?:plain|csv|markdown)|application\/(?:json|pdf))(?:\s*;|$)/i;

/** Bytes of a finished output never change; of one that grows only its length is known. */
export function etagOf({ outputId, state, sha256, bytes }: Output): string {
  if (state === "complete") return `"${sha256}"`;
  return state === "incomplete" ? `"${outputId}-${bytes}"` : `W/"${outputId}-${bytes}"`;
}

interface HeaderOptions {
  /** Asked for as a file. */
  isDownload: boolean;
}

/**
 * What is said of an output's bytes whatever is sent of them. The policy of all data holds here too: nothing that was
 * made by an agent runs as a page of ours, or is taken for another type than it says.
 */
export function outputHeaders(
  output: Output,
  { isDownload }: HeaderOptions,
): Record<string, string> {
  const { mime, name, port, state } = output;
  const type = MIME.test(mime) ? mime : UNKNOWN_MIME;
  const disposition = SHOWN.test(type) && !isDownload ? "inline" : "attachment";
  const fileName = (name ?? port).split("/").at(-1) ?? port;
  return {
    "content-type": withCharset(type),
    "content-disposition": `${disposition}; filename*=UTF-8''${encodeFileName(fileName)}`,
    // Kept, but never shown without asking: the right to read may have ended.
    "cache-control": state === "complete" ? "private, no-cache" : "private, no-store",
    vary: "cookie, authorization",
    "cross-origin-resource-policy": "same-origin",
    "accept-ranges": "bytes",
    etag: etagOf(output),
    "x-output-state": state,
  };
}

/** Text that does not say otherwise is UTF-8, and not what a browser guesses. */
const withCharset = (type: string) =>
  /^text\//i.test(type) && !/charset=/i.test(type) ? `${type}; charset=utf-8` : type;
