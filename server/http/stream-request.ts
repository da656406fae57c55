import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { AppError } from "#lib/errors.ts";
import {
  STREAM_APPEND_MAX_BYTES,
  STREAM_NAME_MAX_CHARACTERS,
  STREAM_TTL_MAX_SECONDS,
} from "#lib/limits.ts";
import type { Fork } from "#server/streams/fork-stream.ts";
import type { AppendRequest, ProducerStep } from "#server/streams/judge-append.ts";
import { parseOffset, parseReadOffset, type ReadOffset } from "#server/streams/stream-offset.ts";
import { parseSourcePath } from "#server/streams/stream-path.ts";
import type { NewStream } from "#server/streams/create-stream.ts";
import { httpError } from "./http-error.ts";

/** A number as the protocol writes it: no sign, no leading zero, no fraction. */
const WHOLE_NUMBER = /^(0|[1-9][0-9]{0,15})$/;
const MOMENT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** What `PUT` asks for. Throws `invalid_input`. */
export function readCreation({ headers }: IncomingMessage): Omit<NewStream, "body"> {
  requirePlainBody(headers);
  const ttlSeconds = readNumber(headers, "Stream-TTL", STREAM_TTL_MAX_SECONDS);
  const expiresAt = readMoment(headers, "Stream-Expires-At");
  if (ttlSeconds !== null && expiresAt !== null)
    throw malformed("Stream-TTL", "Say Stream-TTL or Stream-Expires-At, not both");
  return {
    contentType: headers["content-type"] ?? null,
    ttlSeconds,
    expiresAt,
    closes: readsClosed(headers),
    fork: readFork(headers),
  };
}

/** What `POST` asks for, but for its body. Throws `invalid_input`. */
export function readAppend({ headers }: IncomingMessage): AppendRequest {
  requirePlainBody(headers);
  return {
    contentType: headers["content-type"] ?? null,
    closes: readsClosed(headers),
    seq: readName(headers, "Stream-Seq"),
    producer: readProducer(headers),
  };
}

export interface ReadRequest {
  offset: ReadOffset;
  live: "long-poll" | "sse" | null;
  cursor: string | null;
}

/** What `GET` asks for. Throws `invalid_input`. */
export function readQuery({ url = "" }: IncomingMessage): ReadRequest {
  const { searchParams } = new URL(url, "http://localhost");
  const live = searchParams.get("live");
  if (live !== null && live !== "long-poll" && live !== "sse")
    throw malformed("live", "Read live by long-poll or sse");
  const [offset, ...others] = searchParams.getAll("offset");
  if (others.length > 0) throw malformed("offset", "Say one offset");
  if (offset === undefined && live !== null) throw malformed("offset", "Say where to begin");
  return { offset: parseReadOffset(offset ?? "-1"), live, cursor: searchParams.get("cursor") };
}

/** Any other value than `true` means nothing. */
const readsClosed = (headers: IncomingHttpHeaders): boolean =>
  headerOf(headers, "Stream-Closed")?.trim().toLowerCase() === "true";

function readFork(headers: IncomingHttpHeaders): Fork | null {
  const source = headerOf(headers, "Stream-Forked-From");
  const offset = headerOf(headers, "Stream-Fork-Offset");
  const subOffset = readNumber(headers, "Stream-Fork-Sub-Offset");
  if (source === null) {
    if (offset === null && subOffset === null) return null;
    throw malformed("Stream-Forked-From", "Say of which stream this is a fork");
  }
  return {
    sourcePath: parseSourcePath(source),
    offset: offset === null ? null : parseForkOffset(offset),
    subOffset: subOffset ?? 0,
  };
}

const parseForkOffset = (text: string): number =>
  text === "-1" ? 0 : parseOffset(text, "Stream-Fork-Offset");

function readProducer(headers: IncomingHttpHeaders): ProducerStep | null {
  const producerId = readName(headers, "Producer-Id");
  const epoch = readNumber(headers, "Producer-Epoch");
  const seq = readNumber(headers, "Producer-Seq");
  if (producerId === null && epoch === null && seq === null) return null;
  if (producerId !== null && epoch !== null && seq !== null) return { producerId, epoch, seq };
  throw malformed("Producer-Id", "Say Producer-Id, Producer-Epoch and Producer-Seq, or none");
}

function readName(headers: IncomingHttpHeaders, field: string): string | null {
  const name = headerOf(headers, field);
  if (name === null || (name !== "" && name.length <= STREAM_NAME_MAX_CHARACTERS)) return name;
  throw malformed(field, `${field} has 1 to ${STREAM_NAME_MAX_CHARACTERS} characters`);
}

function readNumber(
  headers: IncomingHttpHeaders,
  field: string,
  max = Number.MAX_SAFE_INTEGER,
): number | null {
  const text = headerOf(headers, field);
  if (text === null) return null;
  const number = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  if (number <= max) return number;
  throw malformed(field, `${field} is a whole number of at most ${max}`);
}

function readMoment(headers: IncomingHttpHeaders, field: string): Date | null {
  const text = headerOf(headers, field);
  if (text === null) return null;
  const moment = new Date(MOMENT.test(text) ? text : Number.NaN);
  if (Number.isNaN(moment.getTime())) throw malformed(field, `${field} is a moment of RFC 3339`);
  return moment;
}

/** Bytes are stored as they come: compressed ones would be served as if they were not. */
function requirePlainBody(headers: IncomingHttpHeaders): void {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw httpError(415, "Send the body without Content-Encoding", {
      headers: { "accept-encoding": "identity" },
    });
  }
  if (Number(headers["content-length"] ?? 0) > STREAM_APPEND_MAX_BYTES) {
    throw new AppError("too_large", `One append brings at most ${STREAM_APPEND_MAX_BYTES} bytes`);
  }
}

/** Node joins what is sent twice with a comma, which no field of the protocol has. */
function headerOf(headers: IncomingHttpHeaders, field: string): string | null {
  const value = headers[field.toLowerCase()];
  return typeof value === "string" ? value : null;
}

const malformed = (field: string, message: string) =>
  new AppError("invalid_input", message, { details: { field } });
