import { setTimeout as wait } from "node:timers/promises";
import { AppError } from "#lib/errors.ts";
import type { Part } from "../gather-parts.ts";
import type { Bucket } from "./bucket.ts";
import { ChunkBody } from "./chunk-body.ts";
import { ask, isPassing } from "./s3-errors.ts";

const ATTEMPTS = 3;
const FIRST_DELAY_MS = 200;
/** For one request; a stalled one ends earlier, by the idle timeout. */
const SEND_TIMEOUT_MS = 15 * 60_000;

interface Sending {
  key: string;
  part: Part;
  signal?: AbortSignal;
}

/** Stores a whole object with one request, repeated when it fails in passing: the chunks are still held. */
export async function putChunks(bucket: Bucket, { key, part, signal }: Sending): Promise<void> {
  const object = { Bucket: bucket.name, Key: `${bucket.prefix}${key}`, ContentLength: part.bytes };
  const send = () =>
    bucket.client.putObject({ ...object, Body: new ChunkBody(part.chunks) }, sendOptions(signal));
  await sendRepeatedly(send, signal);
}

interface PartSending extends Sending {
  uploadId: string;
  /** From 1. */
  partNumber: number;
}

/** Stores one part of a multipart upload in the same way; returns what the completion wants to know about it. */
export async function uploadChunks(bucket: Bucket, sending: PartSending): Promise<string> {
  const { key, part, signal, uploadId, partNumber } = sending;
  const object = {
    Bucket: bucket.name,
    Key: `${bucket.prefix}${key}`,
    UploadId: uploadId,
    PartNumber: partNumber,
    ContentLength: part.bytes,
  };
  const send = () =>
    bucket.client.uploadPart({ ...object, Body: new ChunkBody(part.chunks) }, sendOptions(signal));
  const { ETag } = await sendRepeatedly(send, signal);
  if (ETag === undefined)
    throw new AppError("unavailable", "The file storage did not confirm a part");
  return ETag;
}

const sendOptions = (signal: AbortSignal | undefined) => ({
  requestTimeout: SEND_TIMEOUT_MS,
  abortSignal: signal,
});

function sendRepeatedly<Answer>(
  send: () => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return ask(async () => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send();
      } catch (error) {
        if (attempt === ATTEMPTS || signal?.aborted || !isPassing(error)) throw error;
        await wait(delayMs(attempt), undefined, { signal });
      }
    }
  }, signal);
}

const delayMs = (attempt: number) => FIRST_DELAY_MS * 4 ** (attempt - 1) * (0.5 + Math.random());
