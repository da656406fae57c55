import { isAppError } from "#lib/errors.ts";
import { DIRECT_INGEST_DECODED_MAX_BYTES } from "#lib/limits.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import type { Services } from "#server/services.ts";
import type { AcceptedUpload } from "./accept-upload.ts";
import { ingestItems } from "./ingest-items.ts";
import { readDocument } from "./read-document.ts";
import type { ScannedElement } from "./scanner/scanned-element.ts";
import type { DocumentReport } from "./settle-upload.ts";
import { toReport } from "./to-report.ts";

export interface DirectIngest {
  report: DocumentReport;
  /** Items that were not stored, in order. */
  skipped: { index: number; reason: string }[];
}

/**
 * Stores a small document at once: all of it is read and checked first, so that `invalid_input` means that nothing was
 * stored. Null when it decodes to more than belongs into a request; other errors may leave items stored, and storing
 * them again from the queue, with the same number, is safe.
 */
export async function ingestDirectly(
  services: Pick<Services, "database" | "blobs" | "bus">,
  upload: AcceptedUpload,
  { body, encoding }: { body: Buffer; encoding: UploadEncoding },
): Promise<DirectIngest | null> {
  const document = await readWhole(body, encoding, upload.sessionId);
  if (document === null) return null;
  const { elements, progress } = document;
  const skipped: DirectIngest["skipped"] = [];
  const counts = await ingestItems(
    services,
    { ...upload, elements: batchesOf(elements) },
    { onSkipped: (index, reason) => skipped.push({ index, reason }) },
  );
  return { report: toReport(counts, progress), skipped };
}

async function readWhole(body: Buffer, encoding: UploadEncoding, sessionId: string) {
  const elements: ScannedElement[] = [];
  const reading = readDocument(piecesOf(body), {
    encoding,
    sessionId,
    maxBytes: DIRECT_INGEST_DECODED_MAX_BYTES,
  });
  try {
    for await (const batch of reading.elements) elements.push(...batch.map(keepElement));
  } catch (error) {
    if (isAppError(error) && error.code === "too_large") return null;
    throw error;
  }
  return { elements, progress: reading.progress() };
}

/** The scanner uses the memory of a body again. */
const keepElement = (element: ScannedElement): ScannedElement =>
  element.kind === "item" ? { ...element, body: Buffer.from(element.body) } : element;

async function* piecesOf(body: Buffer): AsyncGenerator<Uint8Array> {
  if (body.byteLength > 0) yield body;
}

async function* batchesOf(elements: ScannedElement[]): AsyncGenerator<ScannedElement[]> {
  if (elements.length > 0) yield elements;
}
