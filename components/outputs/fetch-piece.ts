import { formatOffset } from "#lib/stream-offset.ts";

export const outputUrl = (outputId: string) => `/api/v1/outputs/${outputId}`;
export const outputDownloadUrl = (outputId: string) => `${outputUrl(outputId)}?download=1`;

/** The stored end of an output, from `maxBytes` before `bytes` on, read as a stream. */
export async function fetchTail(
  outputId: string,
  { bytes, maxBytes, signal }: { bytes: number; maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const read = (isReplaced: boolean) => {
    const offset = formatOffset(Math.max(0, bytes - maxBytes), { isReplaced });
    return fetch(`/api/v1/streams/outputs/${outputId}?offset=${offset}`, { signal });
  };
  const first = await read(false);
  // Another value may have come in place of what was streamed.
  const response = first.status === 410 ? await read(true) : first;
  if (!response.ok) throw new Error(`The output was answered with ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The bytes of an output that a range names, as far as they are there: `0-4095`, or the last ones: `-65536`. */
export async function fetchPiece(
  outputId: string,
  { range, signal }: { range: string; signal: AbortSignal },
): Promise<Uint8Array> {
  const headers = { range: `bytes=${range}` };
  // The browser's own store takes no part: of an output that grows it would answer with what was there.
  const response = await fetch(outputUrl(outputId), { headers, signal, cache: "no-store" });
  if (!response.ok) throw new Error(`The output was answered with ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
