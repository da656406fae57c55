import type { UploadEncoding } from "#lib/upload.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatDuration } from "#components/format/format-duration.ts";
import type { Transfer, TransferState } from "./transfer.ts";

/** The one vocabulary for what a file is doing before the server has all of it. */
export const transferWords: Readonly<Record<TransferState, string>> = {
  checking: "Looking at it",
  waiting: "Waiting",
  sending: "Sending",
  paused: "Paused",
  offline: "Interrupted",
  sent: "Sent",
  failed: "Failed",
  refused: "Not sent",
};

/** `12 MB of 34 MB · 5.6 MB a second · 4 s left`. */
export function describeTransfer(transfer: Transfer): string {
  const { bytes, sentBytes, bytesPerSecond, state } = transfer;
  const size = formatBytes(bytes);
  if (state === "refused" || state === "checking" || state === "sent") return size;
  const words = [`${formatBytes(sentBytes)} of ${size}`];
  if (state === "sending" && bytesPerSecond !== null && bytesPerSecond > 0) {
    words.push(`${formatBytes(Math.round(bytesPerSecond))} a second`);
    words.push(`${formatDuration(timeLeftMs(bytes - sentBytes, bytesPerSecond))} left`);
  }
  return words.join(" · ");
}

const packings: readonly UploadEncoding[] = ["gzip", "br", "zstd"];

/** How files may be packed where `accepted` are taken: `gzip, brotli or zstd`. */
export function describePacking(accepted: readonly UploadEncoding[]): string {
  const names = packings
    .filter((packing) => accepted.includes(packing))
    .map((packing) => (packing === "br" ? "brotli" : packing));
  return new Intl.ListFormat("en", { type: "disjunction", style: "long" })
    .format(names)
    .replace(/, or /, " or ");
}

/** In whole seconds: tenths would jitter. */
const timeLeftMs = (bytes: number, bytesPerSecond: number) =>
  Math.max(1, Math.ceil(bytes / bytesPerSecond)) * 1_000;
