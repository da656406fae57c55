import { AppError } from "#lib/errors.ts";

/** Ends each stored message. No JSON text has this byte, so messages are found again without any other mark. */
export const MESSAGE_END = 0x1e;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/**
 * The messages of a JSON body as they are stored, each with its end mark: the elements of an array, one level deep, or
 * the value itself. Their bytes stay as they came, but for the space around them: numbers and the order of keys survive.
 * Empty for `[]`. Throws `invalid_input` for what is no JSON in UTF-8.
 */
export function splitMessages(body: Uint8Array): Buffer {
  validate(body);
  const [from, to] = trim(body, 0, body.byteLength);
  // One buffer for all: an array may hold millions. Its brackets and commas are what the end marks take the room of.
  const messages = Buffer.allocUnsafe(to - from + 1);
  let bytes = 0;
  const add = (start: number, end: number) => {
    messages.set(body.subarray(start, end), bytes);
    bytes += end - start;
    messages[bytes] = MESSAGE_END;
    bytes += 1;
  };
  if (body[from] === OPEN_BRACKET) forEachElement(body, { from, to, add });
  else add(from, to);
  return messages.subarray(0, bytes);
}

function validate(body: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (cause) {
    throw new AppError("invalid_input", "The body is not JSON in UTF-8", { cause });
  }
}

interface Elements {
  from: number;
  to: number;
  add(start: number, end: number): void;
}

/** Of an array between `from` and `to` that is known to be valid. */
function forEachElement(body: Uint8Array, { from, to, add }: Elements): void {
  const end = to - 1;
  let depth = 0;
  let start = from + 1;
  for (let at = start; at < end; at += 1) {
    const byte = body[at];
    if (byte === QUOTE) at = endOfString(body, at);
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth += 1;
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth -= 1;
    else if (byte === COMMA && depth === 0) {
      add(...trim(body, start, at));
      start = at + 1;
    }
  }
  const last = trim(body, start, end);
  if (last[1] > last[0]) add(...last);
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; ; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === QUOTE || at >= bytes.byteLength) return at;
  }
}

function trim(bytes: Uint8Array, from: number, to: number): [from: number, to: number] {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  return [start, end];
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
