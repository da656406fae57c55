import { hash } from "node:crypto";
import { AppError, isAppError } from "#lib/errors.ts";
import { REFERENCE_THRESHOLD_MAX_BYTES } from "#lib/limits.ts";
import type { Output } from "#lib/output.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Services } from "#server/services.ts";
import { openOutputBytes } from "./open-output-bytes.ts";
import { getOutput } from "./output-row.ts";
import { createWakeUp } from "./wake-up.ts";

interface FollowOptions {
  /** First byte, from 0. */
  offset: number;
  /** Aborted when nobody reads any more. */
  signal: AbortSignal;
}

/**
 * The bytes of an output from `offset` on, those that are there and then those that come, until it ends: each once, at
 * the reader's pace. Fails when it ends incomplete, is deleted, or is replaced by another value at its end, so that nobody
 * takes a part for the whole.
 */
export async function* followOutput(
  services: BlobServices & Pick<Services, "bus">,
  { outputId, sessionId }: Pick<Output, "outputId" | "sessionId">,
  { offset: from, signal }: FollowOptions,
): AsyncGenerator<Uint8Array> {
  const wakeUp = createWakeUp(services, { sessionId, outputId });
  signal.addEventListener("abort", wakeUp.close, { once: true });
  const sent = createSent(from);
  let blobId: string | null = null;
  try {
    while (!signal.aborted) {
      const output = await getOutput(services.database.sql, outputId);
      const present = await readBlobId(services, outputId);
      blobId ??= present;
      if (present !== null && present !== blobId) throw replaced();
      const isThere = yield* readOn(services, output, sent);
      if (output.state === "incomplete") throw cutOff(output);
      if (output.state === "complete" && isThere) {
        if (!sent.isStartOf(output)) throw replaced();
        return;
      }
      if (isThere) await wakeUp.wait();
    }
    // A reader that is still there must not take this for the end.
    throw new AppError("unavailable", "The server ends");
  } finally {
    wakeUp.close();
  }
}

/** False when the bytes moved into the row while they were opened: look again. */
async function* readOn(
  services: BlobServices,
  output: Output,
  sent: ReturnType<typeof createSent>,
): AsyncGenerator<Uint8Array, boolean> {
  const length = output.bytes - sent.offset;
  if (length <= 0) return true;
  const stream = await openOutputBytes(services, output, { offset: sent.offset, length }).catch(
    (error: unknown) => {
      if (isAppError(error) && error.code === "not_found" && output.state === "writing")
        return null;
      throw error;
    },
  );
  if (stream === null) return false;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    sent.add(chunk);
    yield chunk;
  }
  return true;
}

async function readBlobId({ database: { sql } }: BlobServices, outputId: string) {
  const [row] = await sql<{ blobId: string | null }[]>`
    select blob_id as "blobId" from outputs where id = ${outputId}`;
  return row?.blobId ?? null;
}

/** A small output moves from its blob into its row, where another blob cannot be told from it but by its bytes. */
function createSent(from: number) {
  let offset = from;
  let chunks: Uint8Array[] | null = from === 0 ? [] : null;
  return {
    get offset() {
      return offset;
    },
    add(chunk: Uint8Array) {
      offset += chunk.byteLength;
      if (offset > REFERENCE_THRESHOLD_MAX_BYTES) chunks = null;
      chunks?.push(chunk);
    },
    isStartOf({ bytes, sha256 }: Output): boolean {
      if (bytes < offset) return false;
      return chunks === null || hash("sha256", Buffer.concat(chunks), "hex") === sha256;
    },
  };
}

const replaced = () => new AppError("gone", "Another value came in place of what was streamed");

const cutOff = ({ error }: Output) =>
  new AppError("unavailable", error ?? "The output ended in the middle");
