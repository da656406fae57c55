import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Output } from "#lib/output.ts";
import { followOutput } from "#server/outputs/follow-output.ts";
import { openOutputBytes } from "#server/outputs/open-output-bytes.ts";
import type { Services } from "#server/services.ts";
import { isKnown, isRangeCurrent, type ParsedRange, parseRange } from "./byte-range.ts";
import { httpError } from "./http-error.ts";
import { etagOf, outputHeaders } from "./output-headers.ts";

export interface OutputRequest {
  request: IncomingMessage;
  response: ServerResponse;
  output: Output;
  isDownload: boolean;
}

/** Answers with an output as far as it is stored, or with a range of it; `HEAD` with the same head alone. */
export async function sendOutput(
  services: Pick<Services, "database" | "blobs">,
  { request, response, output, isDownload }: OutputRequest,
): Promise<void> {
  const headers = outputHeaders(output, { isDownload });
  const etag = etagOf(output);
  if (isKnown(request.headers["if-none-match"], etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = rangeOf(request, output);
  const { start, end } = range ?? { start: 0, end: output.bytes - 1 };
  const length = end - start + 1;
  const isHead = request.method === "HEAD";
  // Before the head: bytes that are gone are an answer of their own.
  const stream = isHead ? null : await openOutputBytes(services, output, { offset: start, length });
  const contentRange = `bytes ${start}-${end}/${output.state === "writing" ? "*" : output.bytes}`;
  response.writeHead(range ? 206 : 200, {
    ...headers,
    "content-length": length,
    ...(range && { "content-range": contentRange }),
  });
  if (stream) await pipeline(stream, response);
  else response.end();
}

/** Null for the whole; throws 416 for a range of what is not there. */
function rangeOf({ method, headers }: IncomingMessage, output: Output): ParsedRange | null {
  if (method !== "GET" || !isRangeCurrent(headers["if-range"]?.toString(), etagOf(output)))
    return null;
  const range = parseRange(headers.range, output.bytes);
  if (range !== "unsatisfiable") return range;
  throw httpError(416, "The output has no such bytes", {
    headers: { "content-range": `bytes */${output.bytes}` },
    details: { bytes: output.bytes },
  });
}

/**
 * Answers with the bytes that are there and those that come until the output ends, from `offset` on. An output that ends
 * incomplete breaks the connection, so that no reader takes a part for the whole.
 */
export async function sendLiveOutput(
  services: Pick<Services, "database" | "blobs" | "bus" | "draining">,
  { request, response, output, isDownload, offset }: OutputRequest & { offset: number },
): Promise<void> {
  const { "accept-ranges": _, etag: __, ...headers } = outputHeaders(output, { isDownload });
  response.writeHead(200, { ...headers, "cache-control": "private, no-store" });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  // The head at once: the first byte may be long in coming.
  response.flushHeaders();
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, services.draining]);
  const bytes = followOutput(services, output, { offset, signal });
  await pipeline(Readable.from(bytes, { objectMode: false }), response);
}
