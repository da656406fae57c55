/**
 * `checking`: its first bytes are looked at. `waiting`: others are being sent. `offline`: the connection or the server is
 * away, it goes on by itself. `sent`: all bytes are durable, the server's own state counts. `failed`: the server refused
 * it. `refused`: it was not worth sending.
 */
export type TransferState =
  | "checking"
  | "waiting"
  | "sending"
  | "paused"
  | "offline"
  | "sent"
  | "failed"
  | "refused";

/**
 * Where a file's session comes from. `upload`: made by its upload, and gone with it when that is cancelled. `page`: made
 * by this page, under the name that the file has for it. `before`: brought here before, under that name. `chosen`: by a
 * person, for this file.
 */
export type SessionOrigin = "upload" | "page" | "before" | "chosen";

/** A file on its way from this page. */
export interface Transfer {
  transferId: string;
  name: string;
  bytes: number;
  /** Where it leads; there as soon as the first byte is. */
  sessionId: string;
  sessionOrigin: SessionOrigin;
  state: TransferState;
  sentBytes: number;
  /** Null while it is not known. */
  bytesPerSecond: number | null;
  /** Null until the server knows of it. */
  uploadId: string | null;
  /** Why it waits, failed, or was refused. */
  problem: string | null;
}

/** Still in need of this page. */
export const isUnderWay = ({ state }: Transfer) =>
  state !== "sent" && state !== "failed" && state !== "refused";
