import { AppError, isAppError, type ErrorCode } from "#lib/errors.ts";
import { UPLOAD_ATTEMPTS_MAX } from "#lib/limits.ts";
import { openBlob } from "#server/blobs/open-blob.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import type { Services } from "#server/services.ts";
import type { ClaimedUpload } from "./claim-upload.ts";
import { isTakenOver } from "./change-upload.ts";
import { ingestItems } from "./ingest-items.ts";
import { type DocumentReading, nothingRead, readDocument } from "./read-document.ts";
import { type DocumentReport, failUpload, finishUpload, postponeUpload } from "./settle-upload.ts";
import { toReport } from "./to-report.ts";
import { createProgressReporter } from "./upload-progress.ts";
import { noCounts } from "./upload-row.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "queue" | "log" | "processId">;

/** Errors that may pass by themselves. */
const passingCodes = new Set<ErrorCode>(["unavailable", "rate_limited", "internal"]);

/**
 * One attempt at an upload that was claimed: received bytes in, items out, in one pass. Whatever happens, the row says
 * it afterwards: done; failed for good, with what was stored until then; or in the line again. Throws only when even
 * that could not be written. Safe to run again from the start: what is stored is left alone.
 */
export async function runUpload(
  services: Needs,
  upload: ClaimedUpload,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const attempt = createAttempt(services, upload, signal);
  try {
    await attempt.run();
    await finishUpload(services, upload, attempt.report());
  } catch (error) {
    if (isOver(error)) return;
    await settleFailure(services, upload, { error, signal, report: attempt.report() });
  }
}

function createAttempt(services: Needs, upload: ClaimedUpload, signal: AbortSignal) {
  let reading: DocumentReading | null = null;
  let counts = noCounts();
  const report = (): DocumentReport => toReport(counts, reading?.progress() ?? nothingRead);

  const run = async () => {
    const { encoding, sessionId } = upload;
    const source = await openReceived(services, upload);
    const progress = createProgressReporter(services, upload);
    try {
      reading = readDocument(source, { encoding, sessionId, signal });
      const { elements } = reading;
      counts = await ingestItems(
        services,
        { ...upload, elements },
        {
          signal,
          onCounts(latest) {
            counts = latest;
            progress.tell(report().counts);
          },
        },
      );
    } finally {
      source.destroy();
      await progress.close();
    }
  };
  return { run, report };
}

async function openReceived(services: Needs, { blobId, uploadId }: ClaimedUpload) {
  const missing = (cause?: unknown) =>
    new AppError("invalid_input", "The received bytes are not there any more", {
      details: { uploadId },
      cause,
    });
  if (blobId === null) throw missing();
  try {
    return (await openBlob(services, blobId)).stream;
  } catch (error) {
    throw isAppError(error) && error.code === "not_found" ? missing(error) : error;
  }
}

interface Failure {
  error: unknown;
  signal: AbortSignal;
  report: DocumentReport;
}

async function settleFailure(
  services: Needs,
  upload: ClaimedUpload,
  { error, signal, report }: Failure,
): Promise<void> {
  const { log } = services;
  const { uploadId, attempt } = upload;
  try {
    // This process is ending: the attempt does not count.
    if (signal.aborted)
      return await postponeUpload(services, upload, { delaySeconds: 0, attempt: attempt - 1 });
    const safe = toSafeError(error);
    const isPassing = passingCodes.has(safe.code);
    log[isPassing ? "warn" : "info"]({ err: error, uploadId, attempt }, "upload not ingested");
    if (!isPassing || attempt >= UPLOAD_ATTEMPTS_MAX)
      return await failUpload(services, upload, { error: safe, report });
    const delaySeconds = retryDelaySeconds(attempt);
    await postponeUpload(services, upload, { error: safe, delaySeconds, attempt });
  } catch (cause) {
    if (isOver(cause)) return undefined;
    throw cause;
  }
}

/** The upload went with its session, or is somebody else's by now: nothing is left to say. */
const isOver = (error: unknown) =>
  isTakenOver(error) || (isAppError(error) && error.code === "gone");

/** 5, 15, 45 and 135 s, up to half longer by chance: a store may be away for some minutes, and comes back to all at once. */
const retryDelaySeconds = (attempt: number) =>
  Math.round(5 * 3 ** (attempt - 1) * (1 + Math.random() / 2));
