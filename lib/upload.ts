/**
 * `receiving`: bytes arrive. `queued`: all are durable, a worker will come. `running`: cut into items. `done`: every
 * item was stored, found stored, or named as skipped. `failed`: see its error, `cancelled` where somebody wanted that;
 * what came before it is stored.
 */
export const uploadStates = ["receiving", "queued", "running", "done", "failed"] as const;

export type UploadState = (typeof uploadStates)[number];

/** The code of an upload that ended because its sender wanted that. */
export const CANCELLED = "cancelled";

export const isCancelled = ({ error }: Pick<Upload, "error">): boolean => error?.code === CANCELLED;

/** How it came: one request's stream, a small body that is applied before the answer, or tus 1.0. */
export const uploadWays = ["stream", "direct", "resumable"] as const;

export type UploadWay = (typeof uploadWays)[number];

/** `Content-Encoding` of what was received. */
export const uploadEncodings = ["identity", "gzip", "br", "zstd"] as const;

export type UploadEncoding = (typeof uploadEncodings)[number];

/**
 * What became of an upload's items so far, and how far its bytes were read: early, as long as it arrives; by the worker
 * from then on.
 */
export interface UploadCounts {
  stored: number;
  /** Were there already, or come again further on in the same document, byte for byte. */
  unchanged: number;
  /** Something newer was there. */
  stale: number;
  skipped: number;
  /** Decoded bytes that were read. */
  decodedBytes: number;
  /** Decoded bytes of what became no item. */
  unrecognisedBytes: number;
}

/** An upload as its session's page and the status API show it. */
export interface Upload extends UploadCounts {
  uploadId: string;
  sessionId: string;
  state: UploadState;
  way: UploadWay;
  name: string | null;
  encoding: UploadEncoding;
  announcedBytes: number | null;
  /** As received. */
  bytes: number;
  sha256: string | null;
  format: string | null;
  /** Members of the document that no item stands for. */
  ignoredMembers: string[];
  attempt: number;
  /** Why it failed or waits to be tried again; safe to show. */
  error: { code: string; message: string; offset: number | null } | null;
  /** The received bytes can be downloaded. */
  isKept: boolean;
  createdAt: string;
  receivedAt: string | null;
  endedAt: string | null;
}
