import { z } from "zod";
import { defineJob } from "#server/queue/define-job.ts";

const DAY_SECONDS = 86_400;

/**
 * Says that an upload waits; which one is decided by whoever is free, see `claim-upload.ts`. A surplus job finds none
 * and ends. Attempts are counted in the upload's row: the job itself fails only when the database cannot be reached.
 */
export const ingestUploadJob = defineJob({
  name: "ingest-upload",
  payload: z.object({}),
  maxAttempts: 5,
  expiresInSeconds: DAY_SECONDS,
});
