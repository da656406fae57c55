import type { UploadCounts } from "#lib/upload.ts";
import type { Services } from "#server/services.ts";
import type { ClaimedUpload } from "./claim-upload.ts";
import { setCounts } from "./upload-row.ts";

/** Often enough to look alive, seldom enough to cost nothing. */
const EVENT_INTERVAL_MS = 250;
const ROW_INTERVAL_MS = 2_000;

export interface ProgressReporter {
  /** Cheap: call it after every batch. */
  tell(counts: UploadCounts): void;
  /** Resolves when nothing is being written any more. */
  close(): Promise<void>;
}

export interface ProgressTeller {
  /** Cheap: call it as often as something changes. `bytes`: of the upload, as received. */
  tell(counts: UploadCounts, bytes: number): void;
}

/** Tells watchers how far an upload is; `attempt` is 0 while it still arrives. */
export function createProgressTeller(
  { bus }: Pick<Services, "bus">,
  {
    uploadId,
    sessionId,
    generation,
    attempt,
  }: Pick<ClaimedUpload, "uploadId" | "sessionId" | "generation" | "attempt">,
): ProgressTeller {
  const beganMs = performance.now();
  let toldMs = beganMs;
  return {
    tell(counts, bytes) {
      const nowMs = performance.now();
      if (nowMs - toldMs < EVENT_INTERVAL_MS) return;
      toldMs = nowMs;
      bus.publishVolatile(sessionId, {
        type: "progress",
        generation,
        uploadId,
        attempt,
        counts: { ...counts },
        bytes,
        bytesPerSecond: Math.round(counts.decodedBytes / ((nowMs - beganMs) / 1000)),
      });
    },
  };
}

/** Tells watchers how far an upload is, and keeps it in its row for those who come later. Losing some of it is no harm. */
export function createProgressReporter(
  services: Pick<Services, "bus" | "database" | "log" | "processId">,
  upload: ClaimedUpload,
): ProgressReporter {
  const {
    database: { sql },
    log,
    processId,
  } = services;
  const { uploadId, attempt, bytes } = upload;
  const teller = createProgressTeller(services, upload);
  let writtenMs = performance.now();
  let writing: Promise<void> | null = null;

  const write = async (counts: UploadCounts) => {
    await sql`
      update uploads set ${setCounts(sql, counts)}
      where id = ${uploadId} and state = 'running' and process_id = ${processId} and attempt = ${attempt}`;
  };

  return {
    tell(counts) {
      teller.tell(counts, bytes);
      const nowMs = performance.now();
      if (writing !== null || nowMs - writtenMs < ROW_INTERVAL_MS) return;
      writtenMs = nowMs;
      writing = write(counts)
        .catch((error: unknown) => log.debug({ err: error, uploadId }, "progress not written"))
        .finally(() => (writing = null));
    },
    async close() {
      await writing;
    },
  };
}
