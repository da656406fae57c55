import { isAppError, type ErrorDetails } from "#lib/errors.ts";
import { scanItems } from "../scan-items.ts";
import type { ScannedItem, ScanProgress, SkippedElement } from "../scanned-element.ts";

type Options = NonNullable<Parameters<typeof scanItems>[1]>;

/** An item whose body is text, so that it can be compared. */
export type ReadItem = Omit<ScannedItem, "body"> & { body: string };

export interface Scan {
  elements: (ReadItem | SkippedElement)[];
  items: ReadItem[];
  skipped: SkippedElement[];
  progress: ScanProgress | undefined;
  /** Details of the error that ended the scan; null when none did. */
  fault: ErrorDetails | null;
  message: string;
}

/**
 * Pieces of `bytes` of the given size. The memory of a piece is overwritten when the next one is asked for, as a source
 * may do.
 */
export function* cut(bytes: Uint8Array, chunkBytes: number | (() => number)) {
  let before: Uint8Array | null = null;
  for (let start = 0; start < bytes.length;) {
    const size = typeof chunkBytes === "number" ? chunkBytes : chunkBytes();
    const piece = new Uint8Array(bytes.subarray(start, start + size));
    before?.fill(0x21);
    yield piece;
    before = piece;
    start += size;
  }
}

/** Scans a whole document, reading each batch before the next is asked for. */
export async function scan(
  document: string | Uint8Array,
  chunkBytes: number | (() => number) = 65_536,
  options: Options = {},
): Promise<Scan> {
  const bytes = typeof document === "string" ? Buffer.from(document) : document;
  const result: Scan = {
    elements: [],
    items: [],
    skipped: [],
    progress: undefined,
    fault: null,
    message: "",
  };
  const onProgress = (progress: ScanProgress) => (result.progress = progress);
  try {
    for await (const batch of scanItems(cut(bytes, chunkBytes), { ...options, onProgress })) {
      for (const element of batch) {
        if (element.kind === "skipped") result.elements.push(element);
        else result.elements.push({ ...element, body: Buffer.from(element.body).toString("utf8") });
      }
    }
  } catch (error) {
    if (!isAppError(error) || error.code !== "invalid_input") throw error;
    result.fault = error.details;
    result.message = error.message;
  }
  for (const element of result.elements) {
    if (element.kind === "item") result.items.push(element);
    else result.skipped.push(element);
  }
  return result;
}
