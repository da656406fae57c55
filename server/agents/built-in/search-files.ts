import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryFile } from "./list-files.ts";

const FILE_MAX_BYTES = 256 * 1024;
const TOTAL_MAX_BYTES = 64 * 1024 * 1024;
const LINE_MAX_CHARACTERS = 160;

export interface SearchHit {
  path: string;
  /** From 1. */
  line: number;
  text: string;
}

export interface SearchResult {
  hits: SearchHit[];
  /** All hits in what was read, also those beyond `hitsMax`. */
  hitCount: number;
  fileCount: number;
}

/** Looks for a pattern line by line in text files of at most 256 KiB, 64 MiB in all. */
export async function searchFiles(
  cwd: string,
  files: RepositoryFile[],
  { pattern, hitsMax, signal }: { pattern: RegExp; hitsMax: number; signal: AbortSignal },
): Promise<SearchResult> {
  const result: SearchResult = { hits: [], hitCount: 0, fileCount: 0 };
  let budgetBytes = TOTAL_MAX_BYTES;
  for (const { path, byteSize } of files) {
    signal.throwIfAborted();
    if (byteSize > FILE_MAX_BYTES || byteSize > budgetBytes) continue;
    const text = await readText(join(cwd, path));
    if (text === null) continue;
    budgetBytes -= byteSize;
    result.fileCount += 1;
    for (const [index, line] of text.split("\n").entries()) {
      if (!pattern.test(line)) continue;
      result.hitCount += 1;
      if (result.hits.length === hitsMax) continue;
      result.hits.push({ path, line: index + 1, text: line.trim().slice(0, LINE_MAX_CHARACTERS) });
    }
  }
  return result;
}

/** The file's text; null for a link, a binary file, or one that went away. At most `maxBytes` are read. */
export async function readText(path: string, maxBytes = FILE_MAX_BYTES): Promise<string | null> {
  const file = await open(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => null);
  if (file === null) return null;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
    const bytes = buffer.subarray(0, bytesRead);
    return bytes.includes(0) ? null : bytes.toString("utf8");
  } catch {
    // A folder or device by now: nothing to read.
    return null;
  } finally {
    await file.close();
  }
}
