import { AppError, toAppError } from "#lib/errors.ts";
import { UNKNOWN_MIME } from "#lib/guess-mime.ts";
import { SESSION_OUTPUTS_MAX_BYTES } from "#lib/limits.ts";
import type { Output } from "#lib/output.ts";
import { appendToBlob } from "#server/blobs/append-blob.ts";
import { BLOB_LEASE_MS } from "#server/blobs/write-blob.ts";
import {
  beginOutput,
  type BegunOutput,
  type NewOutput,
  type OutputServices,
} from "./begin-output.ts";
import { chargeBytes, quotaExceeded } from "./charge-bytes.ts";
import { createHandOver } from "./hand-over.ts";
import { keepLease } from "./keep-lease.ts";
import { encodeValue } from "./place-output.ts";
import { createTextNote } from "./note-text.ts";
import { createProgress } from "./tell-progress.ts";
import { replaceBlob, settleComplete, settleIncomplete } from "./settle-output.ts";

/** Small outputs, and the ends of growing ones, can be read after this. */
const HELD_MS = 500;

export interface OutputWriter {
  readonly outputId: string;
  /** Resolves when storage has taken the bytes over: whoever waits for it writes at the pace of storage. Rejects once that failed. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Everything is there: durable, and told, when it resolves. A value given here wins, and what was written is thrown
   * away. Rejects, and leaves the output incomplete, when it could not be stored.
   */
  complete(given?: unknown): Promise<Output>;
  /** Nothing more comes: what is stored stays readable, and is never taken for the whole. Safe to repeat. */
  fail(reason: unknown): Promise<void>;
}

export interface OpenOutput extends NewOutput {
  /** Nobody said its type: where the name suggests none either, it is text when its first bytes are. */
  isMimeGuessed?: boolean;
  /** From here on the result is a reference. */
  thresholdBytes?: number | undefined;
  heldMs?: number;
  segmentBytes?: number;
}

/**
 * Begins an output and takes its bytes: at most a segment of 8 MiB in memory, and 64 MiB in all outputs of this process.
 * Bytes are readable from `HELD_MS` on after they came. While a producer says nothing, the lease is kept alive; a process
 * that dies leaves what was stored, marked incomplete; so does a writer for whose next bytes the session's quota, of which
 * each stored step takes its part, has no room. Throws what `beginOutput` throws.
 */
export async function openOutput(
  services: OutputServices,
  output: OpenOutput,
): Promise<OutputWriter> {
  return createWriter(services, output, await beginOutput(services, output));
}

function createWriter(
  services: OutputServices,
  output: OpenOutput,
  begun: BegunOutput,
): OutputWriter {
  const { thresholdBytes, quotaBytes = SESSION_OUTPUTS_MAX_BYTES, ...options } = output;
  const { leaseMs = BLOB_LEASE_MS, heldMs = HELD_MS, segmentBytes } = options;
  const { outputId, roomBytes } = begun;
  const progress = createProgress(services, output, begun);
  const noteText = createTextNote(services, begun);
  let writtenBytes = 0;
  let ending: Promise<unknown> | null = null;

  const append = (blobId: string) => {
    const handOver = createHandOver();
    const lease = keepLease(services, { blobId, leaseMs, onLost: handOver.fail });
    const stored = appendToBlob(services, blobId, {
      offset: 0,
      source: handOver.source,
      leaseMs,
      heldMs,
      segmentBytes,
      charge: (tx, addedBytes) => chargeBytes(tx, { ...begun, addedBytes, quotaBytes }),
      onStored: progress.tell,
    }).finally(lease.end);
    stored.catch(handOver.close);
    return { blobId, handOver, stored };
  };
  let current = append(begun.blobId);

  const push = async (bytes: Uint8Array) => {
    const nextBytes = writtenBytes + bytes.byteLength;
    if (nextBytes > roomBytes) {
      const error = quotaExceeded({ quotaBytes, usedBytes: quotaBytes - roomBytes + writtenBytes });
      current.handOver.fail(error);
      throw error;
    }
    writtenBytes = nextBytes;
    await current.handOver.push(bytes);
  };

  const replaceWith = async (given: unknown) => {
    const discarded = current;
    discarded.handOver.fail(new AppError("gone", "Another value was given at the end"));
    await discarded.stored.catch(() => {});
    const { chunks, mime } = encodeValue(given, output.mode);
    current = append(await replaceBlob(services, begun, { blobId: discarded.blobId, mime }));
    writtenBytes = 0;
    for await (const chunk of chunks) await push(chunk);
  };

  const finish = async (given: unknown): Promise<Output> => {
    if (given !== undefined) await replaceWith(given);
    current.handOver.end();
    const bytes = await current.stored;
    return settleComplete(services, begun, { blobId: current.blobId, bytes, thresholdBytes });
  };

  /** A row that cannot be marked is found by whoever looks for abandoned ones. */
  const giveUp = async (reason: unknown) => {
    current.handOver.fail(reason);
    await current.stored.catch(() => {});
    progress.end();
    await settleIncomplete(services, begun, toAppError(reason)).catch((error: unknown) =>
      services.log.warn({ err: error, outputId }, "output not marked as incomplete"),
    );
  };

  return {
    outputId,
    async write(bytes) {
      if (ending) throw new AppError("conflict", "The output has ended already");
      if (output.isMimeGuessed && output.mime === UNKNOWN_MIME) await noteText(bytes);
      await push(bytes);
    },
    async complete(given) {
      if (ending) throw new AppError("conflict", "The output has ended already");
      const finishing = finish(given).catch(async (error: unknown) => {
        await giveUp(error);
        throw error;
      });
      ending = finishing;
      return finishing.finally(progress.end);
    },
    async fail(reason) {
      ending ??= giveUp(reason);
      await ending.catch(() => {});
    },
  };
}
