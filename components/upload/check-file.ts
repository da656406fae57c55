import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { formatBytes } from "#components/format/format-bytes.ts";

/** How the file is packed, or in words why it is not worth sending. */
export type FileCheck = { encoding: UploadEncoding } | { problem: string };

interface FileHead {
  name: string;
  bytes: number;
  /** Its first bytes, or all of it. */
  head: Uint8Array;
}

const signatures: readonly { bytes: readonly number[]; check: FileCheck }[] = [
  { bytes: [0x1f, 0x8b], check: { encoding: "gzip" } },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], check: { encoding: "zstd" } },
  {
    bytes: [0x50, 0x4b],
    check: { problem: "This is a ZIP archive. Unpack it and bring the files in it." },
  },
  {
    bytes: [0xef, 0xbb, 0xbf],
    check: { problem: "It begins with a byte order mark. Save it as UTF-8 without one." },
  },
  {
    bytes: [0xff, 0xfe],
    check: { problem: "This is UTF-16 text. Save it as UTF-8." },
  },
  {
    bytes: [0xfe, 0xff],
    check: { problem: "This is UTF-16 text. Save it as UTF-8." },
  },
];

const WHITESPACE = [0x20, 0x09, 0x0a, 0x0d];
const OPENINGS = ["{".charCodeAt(0), "[".charCodeAt(0)];

/**
 * Refuses before anything is sent what the server would refuse after all of it was sent: nothing, too much, and what can
 * be no session by its first bytes.
 */
export function checkFile({ name, bytes, head }: FileHead): FileCheck {
  if (bytes === 0) return { problem: "This file is empty." };
  if (bytes > UPLOAD_MAX_BYTES) {
    const limit = UPLOAD_MAX_BYTES.toLocaleString("en");
    return { problem: `${formatBytes(bytes)} are too much: 5 GB (${limit} bytes) may be sent.` };
  }
  const signature = signatures.find(({ bytes: start }) =>
    start.every((byte, at) => head[at] === byte),
  );
  if (signature) return signature.check;
  // Brotli has no signature.
  if (/\.br$/i.test(name)) return { encoding: "br" };
  const first = head.find((byte) => !WHITESPACE.includes(byte));
  if (first === undefined && bytes <= head.byteLength)
    return { problem: "There is nothing but white space in it." };
  if (first !== undefined && !OPENINGS.includes(first))
    return { problem: "This is no session: its text does not begin with { or [." };
  return { encoding: "identity" };
}
