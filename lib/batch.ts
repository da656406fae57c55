/** `start`: each line is a session to start. `import`: each line is a session that was elsewhere. */
export const batchKinds = ["start", "import"] as const;

export type BatchKind = (typeof batchKinds)[number];

/**
 * `open`: takes lines. `sealed`: has all of them, and is at work. `done`: every line ended, one way or the other.
 * `aborted`: given up; what had begun was asked to stop.
 */
export const batchStates = ["open", "sealed", "done", "aborted"] as const;

export type BatchState = (typeof batchStates)[number];

/** Of one line. `cancelled`: its batch was aborted before it was done. */
export const batchItemStates = ["queued", "running", "done", "failed", "cancelled"] as const;

export type BatchItemState = (typeof batchItemStates)[number];

/** What lines may be listed by: their state, that another one came with their index, that they are too long. */
export const lineChoices = [...batchItemStates, "conflict", "oversized"] as const;

export type LineChoice = (typeof lineChoices)[number];

/** What may be wrong with a line before anybody works on it. */
export const lineFaults = [
  "not_utf8",
  "not_json",
  "not_object",
  "bad_index",
  "index_out_of_range",
  "invalid",
  "too_large",
] as const;

export type LineFault = (typeof lineFaults)[number];

/** A batch as the API and its page show it. */
export interface Batch {
  batchId: string;
  kind: BatchKind;
  state: BatchState;
  /** Null where the end is told by sealing. */
  expectedCount: number | null;
  /** Lines that are worked on at one time, at most. */
  concurrency: number;
  counts: Record<BatchItemState, number>;
  /** All of `counts`. */
  received: number;
  /** Indexes that no line came for: up to the expected end, or to the last that came where none is known. */
  missingCount: number;
  /** Times that a line came again as it was. */
  duplicateCount: number;
  /** Lines that came again with other content; the first one stands. */
  conflictCount: number;
  /** Lines that could not be read and whose index is not known, or out of range. */
  unassignedCount: number;
  /** Items of imported sessions that nothing could be made of: `skippedCount` of all lines together. */
  skippedItemCount: number;
  /** Why it was aborted. */
  message: string | null;
  /** Who is told of its end; null when nobody is. */
  webhook: BatchWebhook | null;
  createdAt: string;
  lastLineAt: string;
  sealedAt: string | null;
  finishedAt: string | null;
}

export interface BatchWebhook {
  /** Scheme, host and port: what is behind these may be a secret of its owner. */
  url: string;
  /** At the message of the last end. */
  attempts: number;
  sentAt: string | null;
  /** Another attempt will be made. */
  isDue: boolean;
  /** Why the last attempt failed. */
  reason: string | null;
}

export interface BatchItem {
  index: number;
  state: BatchItemState;
  /** Of the line without its line break. */
  bytes: number;
  /** Hex, of the same. */
  sha256: string;
  /** Of the last other line that came with this index; null when none did. */
  conflictSha256: string | null;
  /** What was wrong with the line itself; null when it could be read. */
  fault: LineFault | null;
  /** Why it failed or waits to be tried again; safe to show. */
  reason: string | null;
  sessionId: string | null;
  uploadId: string | null;
  /** Items of the line's document that are in its session; null for a line that starts one, or has not ended. */
  storedCount: number | null;
  /** Items of it that nothing could be made of; the upload names them. Null as above. */
  skippedCount: number | null;
  attempts: number;
  startedAt: string | null;
  endedAt: string | null;
}

/** What the lines of a batch came to so far. */
export interface BatchUse {
  /** That lines were given, and that are still there. */
  sessionCount: number;
  /** Of these, as far as their agents tell; null when none does. */
  costUsd: number | null;
  tokens: number | null;
  /** Lines with an index that were above the limit. */
  oversizedCount: number;
}
