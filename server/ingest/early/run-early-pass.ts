import { AppError, type ErrorCode } from "#lib/errors.ts";
import { UPLOAD_ITEMS_MAX } from "#lib/limits.ts";
import type { UploadCounts } from "#lib/upload.ts";
import { followBlob } from "#server/blobs/follow-blob.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import type { ItemResult } from "#server/items/write-batch.ts";
import { writeItemStream } from "#server/items/write-items.ts";
import type { Services } from "#server/services.ts";
import { countResult, toInput } from "../ingest-items.ts";
import { type DocumentReading, nothingRead, readDocument } from "../read-document.ts";
import type { ScannedElement } from "../scanner/scanned-element.ts";
import type { DocumentReport } from "../settle-upload.ts";
import { toReport } from "../to-report.ts";
import { createProgressTeller } from "../upload-progress.ts";
import { noCounts } from "../upload-row.ts";
import { type GrowingUpload, requireGrowing } from "./growing-uploads.ts";
import { noteReadable } from "./note-readable.ts";
import { type Patience, waitForBytes } from "./watch-arrivals.ts";

/** The worker will find the same, and say it. */
const faultCodes = new Set<ErrorCode>(["invalid_input", "too_large", "not_found"]);

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log">;

/**
 * Why reading ended. `over`: the upload is not received any more. `stalled`: no byte came. `fault`: the document is
 * broken, or bytes are missing. `trouble`: database or store. `stopped`: by the signal.
 */
export type EarlyEnd = "over" | "stalled" | "fault" | "trouble" | "stopped";

export interface EarlyPass {
  end: EarlyEnd;
  /** Received bytes that were there by then. */
  arrivedBytes: number;
}

export interface EarlyPassOptions {
  patience: Patience;
  signal: AbortSignal;
  isWanted: () => boolean;
}

/**
 * Makes items of an upload readable that has not arrived as a whole, and follows it as it grows. Items get the versions
 * that they will have when the worker reads everything from the start: what is stored then is left alone, so all of this
 * may be given up, repeated, or done by two at one time. Items that something else brought are left as they are, and the
 * upload's row says how far it is readable; nothing else is written. Holds one item of the scanner and a chunk. Never
 * rejects.
 */
export async function runEarlyPass(
  services: Needs,
  upload: GrowingUpload,
  { signal, ...options }: EarlyPassOptions,
): Promise<EarlyPass> {
  /** Aborted at the end, whatever it is: a decoder asks for bytes before they are wanted. */
  const ending = new AbortController();
  const pass = createPass(services, upload, {
    ...options,
    signal: AbortSignal.any([signal, ending.signal]),
  });
  try {
    await pass.run();
    return pass.result("over");
  } catch (error) {
    const end = signal.aborted ? "stopped" : endOf(error);
    const result = pass.result(end);
    if (result.end === "trouble")
      services.log.info({ err: error, uploadId: upload.uploadId }, "upload not read early");
    return result;
  } finally {
    ending.abort();
  }
}

function createPass(services: Needs, upload: GrowingUpload, options: EarlyPassOptions) {
  const { signal } = options;
  const progress = createProgressTeller(services, { ...upload, attempt: 0 });
  const counts = noCounts();
  let reading: DocumentReading | null = null;
  let arrivedBytes = 0;
  let known: EarlyEnd | null = null;

  const report = (of: UploadCounts) => toReport(of, reading?.progress() ?? nothingRead);
  const tell = () => progress.tell(report(counts).counts, arrivedBytes);
  const onArrived = (bytes: number) => {
    arrivedBytes = bytes;
    tell();
  };
  const waitForMore = async (offset: number) => {
    const found = await waitForBytes(services, upload, { ...options, offset, onArrived });
    if (found === "more") return;
    known = found;
    // An end of the stream would be one of the document.
    throw new AppError("unavailable", "No more of the upload is here");
  };

  return {
    async run() {
      const source = followBlob(services, upload.blobId, { waitForMore });
      const { encoding, sessionId } = upload;
      reading = readDocument(source, { encoding, sessionId, signal });
      for await (const elements of reading.elements) {
        await storeEarly(services, upload, { elements, counts, report, signal });
        tell();
      }
    },
    /** `end` unless another one is known. */
    result: (end: EarlyEnd): EarlyPass => ({ end: known ?? end, arrivedBytes }),
  };
}

interface EarlyBatch {
  elements: readonly ScannedElement[];
  counts: UploadCounts;
  report: (counts: UploadCounts) => DocumentReport;
  signal: AbortSignal;
}

/** Items become readable with every chunk, not when a batch is full: more may not come for long. */
async function storeEarly(
  services: Needs,
  upload: GrowingUpload,
  { elements, counts, report, signal }: EarlyBatch,
): Promise<void> {
  const first = elements[0]?.index ?? 0;
  // The worker will say so.
  if (first + elements.length > UPLOAD_ITEMS_MAX)
    throw new AppError("too_large", `The upload has more than ${UPLOAD_ITEMS_MAX} items`);
  const { sessionId, generation, received } = upload;
  let countedItems = 0;
  const count = (to: UploadCounts, results: readonly ItemResult[]) =>
    results.forEach((result, position) =>
      countResult(to, result, elements[countedItems + position]?.byteLength ?? 0),
    );
  await writeItemStream(
    services,
    {
      sessionId,
      generation,
      received,
      firstIndex: first,
      items: elements.map(toInput),
      provisional: {
        check: (tx) => requireGrowing(tx, upload),
        async note(tx, results) {
          const next = { ...counts };
          count(next, results);
          await noteReadable(tx, upload, report(next));
        },
      },
      signal,
    },
    ({ results }) => {
      count(counts, results);
      countedItems += results.length;
    },
  );
}

function endOf(error: unknown): EarlyEnd {
  const { code } = toSafeError(error);
  if (code === "gone") return "over";
  return faultCodes.has(code) ? "fault" : "trouble";
}
