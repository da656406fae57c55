import type { UploadEncoding } from "#lib/upload.ts";
import { detectTranscript, TRANSCRIPT_HEAD_BYTES } from "#server/transcripts/detect-transcript.ts";
import { readTranscript } from "#server/transcripts/read-transcript.ts";
import { decodeBody } from "./decode-body.ts";
import { readHead } from "./read-head.ts";
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

interface DocumentOptions {
  encoding: UploadEncoding;
  /** The session that its items are for. */
  sessionId: string;
  signal?: AbortSignal;
  /** After decoding. */
  maxBytes?: number;
}

/**
 * Decodes received bytes and cuts them into elements: those of a document of ours, or those that a transcript of another
 * program becomes. Throws what `decodeBody`, `scanItems` and `readTranscript` throw.
 */
export function readDocument(
  source: AsyncIterable<Uint8Array>,
  { encoding, sessionId, signal, maxBytes }: DocumentOptions,
): DocumentReading {
  let latest: ScanProgress = nothingRead;
  const options = {
    ...(signal && { signal }),
    onProgress: (progress: ScanProgress) => void (latest = progress),
  };
  const readElements = async function* (): AsyncGenerator<ScannedElement[]> {
    const decoded = decodeBody(source, encoding, maxBytes === undefined ? {} : { maxBytes });
    const { head, verdict, whole } = await readHead(decoded, {
      maxBytes: TRANSCRIPT_HEAD_BYTES,
      judge: detectTranscript,
    });
    if (verdict === "none" || verdict === "undecided") yield* scanItems(whole, options);
    else yield* readTranscript(whole, { ...options, format: verdict, head, sessionId });
  };
  return { elements: readElements(), progress: () => latest };
}
