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

interface ReadOptions {
  /** First byte, from 0. */
  offset: number;
  /** Aborted when nobody reads any more. */
  signal: AbortSignal;
}

/** A place among those who follow, until it is left. */
export interface OutputFollower {
  /**
   * The bytes of the output from `offset` on, those that are there and then those that come, until it ends: each once,
   * at the reader's pace. Fails when it ends incomplete, is deleted, or is replaced by another value at its end, so that
   * nobody takes a part for the whole.
   */
  read(options: ReadOptions): AsyncGenerator<Uint8Array>;
  /** Safe to repeat. */
  leave(): void;
}

type FollowServices = BlobServices & Pick<Services, "bus">;

/** Throws `not_found`, and what `followStream` throws: before anything was said to whoever wants to read. */
export async function followOutput(
  services: FollowServices,
  { outputId }: Pick<Output, "outputId">,
): Promise<OutputFollower> {
  const stream = requireStream(await findOutputStream(services.database.sql, outputId));
  const follower = followStream(services, stream);
  return {
    read: (options) => readOn(services, { known: stream, follower, ...options }),
    leave: () => follower.leave(),
  };
}

async function* readOn(
  services: FollowServices,
  { known, follower, offset, signal }: ReadOptions & { known: StreamRow; follower: Follower },
): AsyncGenerator<Uint8Array> {
  let stream = known;
  let from = offset;
  for (;;) {
    for await (const chunk of readStreamBytes(services, rangeOf(stream, from))) {
      from += chunk.byteLength;
      yield chunk;
    }
    if (stream.output?.state === "incomplete")
      throw cutOff(await getOutput(services.database.sql, stream.streamId));
    if (stream.isClosed && from <= stream.tail) return;
    if (stream.isClosed) throw new AppError("gone", "The output ended before this offset");
    const news = requireStream(await waitForNews(follower, stream, signal));
    // A reader that is still there must not take this for the end.
    if (signal.aborted) throw new AppError("unavailable", "The server ends");
    requireSameValue(news, { from, isReplaced: stream.output?.isReplaced ?? false });
    stream = news;
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
