import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  countExpected,
  type LineReader,
  type ListedLine,
  listLines as listLinesOf,
  LONG_LINE_BYTES,
} from "#lib/batch-lines/list-lines.ts";
import { AppError } from "#lib/errors.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { createIndexFinder } from "#server/batches/index-finder.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

interface SeenLine {
  /** SHA-256, in hex, of a line that is to be sent as an upload: from 128 KiB on. Null for others. */
  longSha256: string | null;
  /** Of a line that is a file as a whole: then the SHA-256 is the file's, and the line is its upload. */
  whole?: { path: string; encoding: UploadEncoding };
}

export type FileLine = ListedLine & SeenLine;

export interface LineList {
  lines: FileLine[];
  /** Of the whole file, in hex. */
  sha256: string;
  /** Lines that will be there, where the indexes of this file are all below their number; else null. */
  expectedCount: number | null;
}

/**
 * Reads a file of lines once and remembers where each one lies, about 100 bytes for a line. Throws `CommandError` for a
 * file without lines, or with more than a batch takes.
 */
export async function listLines(
  path: string,
  { hasUploads, linesMax }: { hasUploads: boolean; linesMax?: number },
): Promise<LineList> {
  const hash = createHash("sha256");
  const source = async function* () {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
  };
  const startLine = () => createLineReader({ hasUploads });
  try {
    const lines = await listLinesOf(source(), startLine, { ...(linesMax && { linesMax }) });
    return { lines, sha256: hash.digest("hex"), expectedCount: countExpected(lines) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new CommandError(exitCodes.usage, error.message, { cause: error });
  }
}

/** Holds the beginning of a line until it is known to be long. */
function createLineReader({ hasUploads }: { hasUploads: boolean }): LineReader<SeenLine> {
  const finder = createIndexFinder();
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let hash: Hash | null = null;
  return {
    read(bytes) {
      finder.read(bytes);
      if (!hasUploads) return;
      held.push(bytes);
      heldBytes += bytes.byteLength;
      if (heldBytes < LONG_LINE_BYTES && hash === null) return;
      hash ??= createHash("sha256");
      for (const piece of held) hash.update(piece);
      held = [];
    },
    end: () => ({ index: finder.find(), seen: { longSha256: hash?.digest("hex") ?? null } }),
  };
}
