import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "#lib/errors.ts";
import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import type { UploadHead } from "#server/ingest/accept-upload.ts";
import { acceptedEncodings } from "#server/ingest/decode-body.ts";
import {
  cleanUploadName,
  IDEMPOTENCY_KEY_MAX_CHARACTERS,
  isIdempotencyKey,
} from "#server/ingest/upload-words.ts";
import { httpError } from "./http-error.ts";

/** Types that a body of items may have; one without a type is taken for what it is. */
const acceptedTypes = [
  "application/json",
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/octet-stream",
];

/** What a request that brings an upload says of it. Throws what is to be answered when it cannot be taken. */
export function readUploadHead(headers: IncomingHttpHeaders): Omit<UploadHead, "way"> {
  if (headers["content-type"] !== undefined) requireType(headers["content-type"], acceptedTypes);
  return {
    encoding: readEncoding(headers["content-encoding"]),
    announcedBytes: readLength(headers["content-length"]),
    idempotencyKey: readKey(headers["idempotency-key"]),
    name: readName(headers["content-disposition"]),
  };
}

/** Throws what is answered with 415 when `Content-Type` is none of these. */
export function requireType(contentType: string, accepted: readonly string[]): void {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (accepted.includes(type)) return;
  const list = accepted.join(", ");
  throw httpError(415, `The body may be ${list}, not ${type.slice(0, 100) || "without a type"}`, {
    headers: { accept: list },
    details: { field: "Content-Type" },
  });
}

/** RFC 9110, section 8.4: one coding, and `x-gzip` is `gzip`. Throws what is answered with 415 for others. */
export function readEncoding(header: string | undefined): UploadEncoding {
  const name = (header ?? "identity")
    .trim()
    .toLowerCase()
    .replace(/^x-gzip$/, "gzip");
  const encoding = acceptedEncodings.find((accepted) => accepted === name);
  if (encoding) return encoding;
  const list = acceptedEncodings.join(", ");
  throw httpError(415, `Content-Encoding may be one of ${list}`, {
    headers: { "accept-encoding": list },
    details: { field: "Content-Encoding" },
  });
}

function readLength(header: string | undefined): number | null {
  if (header === undefined) return null;
  const length = Number(header);
  if (length <= UPLOAD_MAX_BYTES) return length;
  throw new AppError("too_large", `An upload has at most ${UPLOAD_MAX_BYTES} bytes`, {
    details: { maxBytes: UPLOAD_MAX_BYTES, field: "Content-Length" },
  });
}

function readKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const key = String(header).trim();
  if (isIdempotencyKey(key)) return key;
  throw new AppError(
    "invalid_input",
    `Idempotency-Key is 1 to ${IDEMPOTENCY_KEY_MAX_CHARACTERS} printable ASCII characters`,
    { details: { field: "Idempotency-Key" } },
  );
}

/** `filename*` (RFC 8187) or `filename` of RFC 6266, for people to recognise the upload by; never a path. */
function readName(header: string | undefined): string | null {
  const extended = /filename\*=utf-8''([^;\s]+)/i.exec(header ?? "")?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(header ?? "")?.[1];
  return cleanUploadName(decodeName(extended) ?? plain ?? null);
}

function decodeName(extended: string | undefined): string | null {
  if (extended === undefined) return null;
  try {
    return decodeURIComponent(extended);
  } catch {
    return null;
  }
}
