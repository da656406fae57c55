import { AppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Services } from "#server/services.ts";
import type { StreamRow } from "#server/streams/find-stream.ts";
import { findOutputStream, requireSameValue } from "#server/streams/output-stream.ts";
import { readStreamBytes } from "#server/streams/stream-bytes.ts";
import { type Follower, followStream } from "#server/streams/stream-watch.ts";
import { getOutput, outputNotFound } from "./output-row.ts";

/** News may be lost: the row is looked at again after this. */
const LOOK_AGAIN_MS = 2_000;

interface FollowOptions {
  /** First byte, from 0. */
  offset: number;
  /** Aborted when nobody reads any more. */
  signal: AbortSignal;
}

/**
 * The bytes of an output from `offset` on, those that are there and then those that come, until it ends: each once, at
 * the reader's pace. Fails when it ends incomplete, is deleted, or is replaced by another value at its end, so that nobody
 * takes a part for the whole. Throws what `followStream` throws.
 */
export async function* followOutput(
  services: BlobServices & Pick<Services, "bus">,
  { outputId }: Pick<Output, "outputId">,
  { offset, signal }: FollowOptions,
): AsyncGenerator<Uint8Array> {
  const { sql } = services.database;
  let stream = requireStream(await findOutputStream(sql, outputId));
  const follower = followStream(services, stream);
  let from = offset;
  try {
    for (;;) {
      for await (const chunk of readStreamBytes(services, rangeOf(stream, from))) {
        from += chunk.byteLength;
        yield chunk;
      }
      if (stream.output?.state === "incomplete") throw cutOff(await getOutput(sql, outputId));
      if (stream.isClosed && from <= stream.tail) return;
      if (stream.isClosed) throw new AppError("gone", "The output ended before this offset");
      const news = requireStream(await waitForNews(follower, stream, signal));
      // A reader that is still there must not take this for the end.
      if (signal.aborted) throw new AppError("unavailable", "The server ends");
      requireSameValue(news, { from, isReplaced: stream.output?.isReplaced ?? false });
      stream = news;
    }
  } finally {
    follower.leave();
  }
}

const rangeOf = ({ streamId, tail, output }: StreamRow, from: number) => ({
  streamId,
  from,
  to: tail,
  isReplaced: output?.isReplaced,
});

async function waitForNews(follower: Follower, known: StreamRow, signal: AbortSignal) {
  const looking = new AbortController();
  const look = () => looking.abort();
  const timer = setTimeout(look, LOOK_AGAIN_MS);
  signal.addEventListener("abort", look, { once: true });
  if (signal.aborted) look();
  try {
    return await follower.waitForMore(known, looking.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", look);
  }
}

function requireStream(stream: StreamRow | null): StreamRow {
  if (stream === null) throw outputNotFound();
  return stream;
}

const cutOff = ({ error }: Output) =>
  new AppError("unavailable", error ?? "The output ended in the middle");
