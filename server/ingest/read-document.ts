import type { UploadEncoding } from "#lib/upload.ts";
import { decodeBody } from "./decode-body.ts";
import { scanItems } from "./scanner/scan-items.ts";
import type { ScannedElement, ScanProgress } from "./scanner/scanned-element.ts";

export interface DocumentReading {
  elements: AsyncGenerator<ScannedElement[]>;
  /** As far as the document was read. */
  progress(): ScanProgress;
}

export const nothingRead: ScanProgress = {
  format: null,
  bytes: 0,
  items: 0,
  skipped: 0,
  ignoredMembers: [],
  ignoredBytes: 0,
};

/** Decodes received bytes and cuts them into elements; throws what `decodeBody` and `scanItems` throw. */
export function readDocument(
  source: AsyncIterable<Uint8Array>,
  { encoding, signal }: { encoding: UploadEncoding; signal?: AbortSignal },
): DocumentReading {
  let latest: ScanProgress = nothingRead;
  const elements = scanItems(decodeBody(source, encoding), {
    ...(signal && { signal }),
    onProgress: (progress) => (latest = progress),
  });
  return { elements, progress: () => latest };
}
