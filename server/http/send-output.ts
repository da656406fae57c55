import { AppError } from "#lib/errors.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Output } from "#lib/output.ts";
import { followOutput } from "#server/outputs/follow-output.ts";
import { openOutputRange } from "#server/outputs/open-output-bytes.ts";
import { getOutput } from "#server/outputs/output-row.ts";
import type { Services } from "#server/services.ts";
import { isKnown, isRangeCurrent, type ParsedRange, parseRange } from "./byte-range.ts";
import { httpError } from "./http-error.ts";
import { etagOf, outputHeaders } from "./output-headers.ts";
import { sendWatched } from "./send-watched.ts";
import type { WatchedAccess } from "./stream-access.ts";

export interface OutputRequest {
  request: IncomingMessage;
  response: ServerResponse;
  output: Output;
  isDownload: boolean;
  /** Looks after the reader's right to read while bytes are sent. */
  watch: () => WatchedAccess;
}

/**
 * Answers with an output as far as it is stored, or with a range of it; `HEAD` with the same head alone. The end of the
 * reader's right to read breaks the connection.
 */
export async function sendOutput(
  services: Pick<Services, "database" | "blobs">,
  { request, response, output: found, isDownload, watch }: OutputRequest,
): Promise<void> {
  let output = found;
  let opened = await openAnswer(services, request, output);
  if (opened === "changed") {
    output = await getOutput(services.database.sql, output.outputId);
    opened = await openAnswer(services, request, output);
  }
  if (opened === "changed") throw new AppError("conflict", "The output changes now");
  const headers = outputHeaders(output, { isDownload });
  if (opened === "known") return void response.writeHead(304, headers).end();
  const { range, length, stream } = opened;
  const totalBytes = output.state === "writing" ? "*" : output.bytes;
  response.writeHead(range ? 206 : 200, {
    ...headers,
    "content-length": length,
    ...(range && { "content-range": `bytes ${range.start}-${range.end}/${totalBytes}` }),
  });
  if (!stream) return void response.end();
  await sendWatched(response, stream, watch());
}

interface OpenedAnswer {
  /** Null for the whole. */
  range: ParsedRange | null;
  length: number;
  /** Null for whoever wants the head alone. */
  stream: Readable | null;
}

/** Before the head: bytes that are gone are an answer of their own, and those of another value are no answer to this head. */
async function openAnswer(
  services: Pick<Services, "database" | "blobs">,
  request: IncomingMessage,
  output: Output,
): Promise<OpenedAnswer | "known" | "changed"> {
  if (isKnown(request.headers["if-none-match"], etagOf(output))) return "known";
  const range = rangeOf(request, output);
  const { start, end } = range ?? { start: 0, end: output.bytes - 1 };
  const length = end - start + 1;
  if (request.method === "HEAD") return { range, length, stream: null };
  const { stream, bytes } = await openOutputRange(services, output, { offset: start, length });
  if (bytes === length) return { range, length, stream };
  stream.destroy();
  return "changed";
}

/** Null for the whole; throws 416 for a range of what is not there. */
function rangeOf({ method, headers }: IncomingMessage, output: Output): ParsedRange | null {
  if (method !== "GET" || !isRangeCurrent(headers["if-range"]?.toString(), etagOf(output)))
    return null;
  const range = parseRange(headers.range, output.bytes);
  if (range !== "unsatisfiable") return range;
  throw noSuchBytes(output);
}

const noSuchBytes = ({ bytes }: Output) =>
  httpError(416, "The output has no such bytes", {
    headers: { "content-range": `bytes */${bytes}` },
    details: { bytes },
  });

interface LiveRequest extends OutputRequest {
  offset: number;
}

/**
 * Answers with the bytes that are there and those that come until the output ends, from `offset` on. An output that ends
 * incomplete breaks the connection, so that no reader takes a part for the whole; so do the end of the reader's right to
 * read, and a minute in which it takes nothing. Throws `rate_limited` when too many follow outputs already, and 416 for
 * an offset behind the end of what has ended; at the end itself there is nothing more to come.
 */
export async function sendLiveOutput(
  services: Pick<Services, "database" | "blobs" | "bus" | "draining">,
  { request, response, output, isDownload, watch, offset }: LiveRequest,
): Promise<void> {
  if (output.state !== "writing" && offset > output.bytes) throw noSuchBytes(output);
  const { "accept-ranges": _, etag: __, ...headers } = outputHeaders(output, { isDownload });
  const writeHead = () =>
    response.writeHead(200, { ...headers, "cache-control": "private, no-store" });
  if (request.method === "HEAD") return void writeHead().end();
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  // Before the head: that there is no place is an answer of its own.
  const follower = await followOutput(services, output);
  // The head at once: the first byte may be long in coming.
  writeHead().flushHeaders();
  const access = watch();
  // Also in the middle of what is there: a reader may take hours for it.
  const ended = AbortSignal.any([services.draining, access.ended]);
  const leave = () => {
    access.leave();
    follower.leave();
  };
  const bytes = follower.read({ offset, signal: gone.signal });
  await sendWatched(response, Readable.from(bytes, { objectMode: false }), { ended, leave });
}
