import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { isAppError } from "#lib/errors.ts";
import { formatOffset } from "#lib/stream-offset.ts";
import type { StreamedOutput } from "#server/streams/find-stream.ts";
import { withHeaders } from "./http-error.ts";

/** What pages of other origins may send when they read … */
const ALLOWED = "authorization, if-none-match, cache-control";
/** … and see of the answer. */
const EXPOSED =
  "etag, location, stream-next-offset, stream-cursor, stream-up-to-date, stream-closed, stream-ttl, stream-expires-at, stream-sse-data-encoding, x-output-state";

/**
 * Pages of other origins may read streams with an API token that they have: without credentials, so that nobody's cookie
 * reads for them. They change nothing: the guard of every request sees to that.
 */
export function setReadableElsewhere(response: ServerResponse): void {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", EXPOSED);
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader("vary", "authorization, cookie");
}

export const preflightHeaders = {
  allow: "GET, HEAD, PUT, POST, DELETE, OPTIONS",
  "access-control-allow-methods": "GET, HEAD",
  "access-control-allow-headers": ALLOWED,
  "access-control-max-age": "86400",
};

interface End {
  tail: number;
  /** Nothing will ever follow. */
  isClosed: boolean;
  output?: StreamedOutput | null;
}

/** Where a stream or a part of it ends, and how an output stands. */
export const endHeaders = ({ tail, isClosed, output }: End): OutgoingHttpHeaders => ({
  "stream-next-offset": formatOffset(tail, { isReplaced: output?.isReplaced }),
  ...(isClosed && { "stream-closed": "true" }),
  ...(output && { "x-output-state": output.state }),
});

/** By detail of an error: the header in which the protocol says the same. */
const headerByDetail: Record<string, string | undefined> = {
  isClosed: "stream-closed",
  nextOffset: "stream-next-offset",
  producerEpoch: "producer-epoch",
  producerExpectedSeq: "producer-expected-seq",
  producerReceivedSeq: "producer-received-seq",
};

/** The same error, answered with the protocol's headers too. */
export function withStreamHeaders(error: unknown): unknown {
  if (!isAppError(error)) return error;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(error.details)) {
    const header = headerByDetail[name];
    if (header) headers[header] = String(value);
  }
  if (error.code === "rate_limited") headers["retry-after"] = "5";
  return Object.keys(headers).length > 0 ? withHeaders(error, headers) : error;
}
