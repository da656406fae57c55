/** What is sent faster than this needs no word about how far it is. */
const SILENT_MS = 1_000;

/**
 * Makes the line that says how far a file is. The first call tells where sending begins: what an earlier command sent
 * does not count for the rate. Null as long as nothing is worth saying.
 */
export function createSendingWords(): (
  sentBytes: number,
  totalBytes: number,
  nowMs: number,
) => string | null {
  let begin: { bytes: number; ms: number } | null = null;
  return (sentBytes, totalBytes, nowMs) => {
    begin ??= { bytes: sentBytes, ms: nowMs };
    const elapsedMs = nowMs - begin.ms;
    if (elapsedMs < SILENT_MS) return null;
    const percent = ((100 * sentBytes) / totalBytes).toFixed(1);
    const rate = megabytes(((sentBytes - begin.bytes) / elapsedMs) * 1000);
    return `${percent} % · ${megabytes(sentBytes)} of ${megabytes(totalBytes)} MB · ${rate} MB/s`;
  };
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
