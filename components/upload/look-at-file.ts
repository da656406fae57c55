import {
  type BroughtName,
  findBroughtName,
  findExportedTitle,
  SESSION_HEAD_BYTES,
} from "#lib/brought-session.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { checkFile } from "./check-file.ts";

/** What is known of a file by its first bytes: how to send it and which session it holds, or why not to. */
export type FileLook =
  | {
      encoding: UploadEncoding;
      brought: BroughtName | null;
      /** What the session was called where it was exported; null when that is not known. */
      title: string | null;
    }
  | { problem: string };

export async function lookAtFile(file: File): Promise<FileLook> {
  try {
    const start = file.slice(0, SESSION_HEAD_BYTES);
    const head = new Uint8Array(await start.arrayBuffer());
    const check = checkFile({ name: file.name, bytes: file.size, head });
    if ("problem" in check) return check;
    const unpacked = check.encoding === "gzip" ? await unpackStart(start) : head;
    const isText = check.encoding === "gzip" || check.encoding === "identity";
    return {
      ...check,
      brought: isText ? findBroughtName(unpacked) : null,
      title: isText ? findExportedTitle(unpacked) : null,
    };
  } catch {
    // Folders look like files until they are read, and so do files that were moved away.
    return { problem: "This cannot be read: it is a folder, or it was moved or changed." };
  }
}

/** The first piece that comes out; nothing of what is damaged. */
async function unpackStart(packed: Blob): Promise<Uint8Array> {
  const reader = packed.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    const { value } = await reader.read();
    return (value ?? new Uint8Array()).subarray(0, SESSION_HEAD_BYTES);
  } catch {
    return new Uint8Array();
  } finally {
    // It ends in the middle, which is an error to the one who reads on.
    reader.cancel().catch(() => {});
  }
}
