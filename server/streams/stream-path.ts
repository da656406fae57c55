import { AppError } from "#lib/errors.ts";
import { STREAM_PATH_MAX_BYTES } from "#lib/limits.ts";
import { refuseOutputPath } from "./output-stream.ts";

export const STREAMS_PREFIX = "/api/v1/streams/";

/** The protocol's own addresses, which no stream may have. */
const RESERVED = /^__ds(\/|$)/;

/**
 * The path of a stream from an address: what follows the prefix, decoded. Two spellings of one path are one stream.
 * Throws `invalid_input` for one that nobody could read or write down, `not_found` for the protocol's own.
 */
export function parseStreamPath(encoded: string): string {
  const path = decode(encoded);
  // oxlint-disable-next-line no-control-regex
  const isReadable = /^[^/\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$/.test(path);
  if (!isReadable || Buffer.byteLength(path) > STREAM_PATH_MAX_BYTES) {
    throw new AppError(
      "invalid_input",
      `The path of a stream is 1 to ${STREAM_PATH_MAX_BYTES} bytes without control characters`,
      { details: { field: "path" } },
    );
  }
  if (RESERVED.test(path)) throw new AppError("not_found", "Subscriptions are not offered here");
  return path;
}

/** Of a source, as `Stream-Forked-From` names it: an address of this server, or the path alone. */
export function parseSourcePath(text: string): string {
  const bare = text.startsWith(STREAMS_PREFIX) ? text.slice(STREAMS_PREFIX.length) : text;
  const path = parseStreamPath(bare.replace(/^\//, ""));
  refuseOutputPath(path);
  return path;
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw new AppError("invalid_input", "The address is malformed", { cause });
  }
}
