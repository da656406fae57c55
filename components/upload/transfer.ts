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

/** A file on its way from this page. */
export interface Transfer {
  transferId: string;
  name: string;
  bytes: number;
  /** Where it leads; there as soon as the first byte is. */
  sessionId: string;
  /** The session was made for this file. */
  isNewSession: boolean;
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
