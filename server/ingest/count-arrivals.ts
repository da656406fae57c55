import { transact } from "#server/live/transact.ts";
import type { Services } from "#server/services.ts";
import type { AcceptedUpload } from "./accept-upload.ts";
import { announceUpload } from "./change-upload.ts";

/** As often as a page should move. */
const INTERVAL_MS = 1_000;

/** Passes bytes on and keeps their number in the upload's row, for its session's watchers; missing one tells nobody wrong. */
export async function* countArrivals(
  services: Pick<Services, "database" | "bus" | "log">,
  upload: AcceptedUpload,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let toldMs = performance.now();
  let telling: Promise<void> | null = null;
  const tell = async () => {
    await transact(services, async (tx) => {
      await announceUpload(tx, upload);
      await tx`
        update uploads set bytes = ${bytes}
        where id = ${upload.uploadId} and state = 'receiving' and bytes < ${bytes}`;
    });
  };
  try {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      yield chunk;
      if (telling !== null || performance.now() - toldMs < INTERVAL_MS) continue;
      toldMs = performance.now();
      telling = tell()
        .catch((error: unknown) => services.log.debug({ err: error }, "arrivals not told"))
        .finally(() => (telling = null));
    }
  } finally {
    await telling;
  }
}
