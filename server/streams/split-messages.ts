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
  const bytes = trim(body, 0, body.byteLength);
  const isArray = bytes[0] === OPEN_BRACKET;
  const messages = isArray ? [...elementsOf(bytes)] : [bytes];
  return Buffer.concat(messages.flatMap((message) => [message, END]));
}

const END = Uint8Array.of(MESSAGE_END);

function validate(body: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body));
  } catch (cause) {
    throw new AppError("invalid_input", "The body is not JSON in UTF-8", { cause });
  }
}

/** Of an array that is known to be valid. */
function* elementsOf(array: Uint8Array): Generator<Uint8Array> {
  const end = array.byteLength - 1;
  let depth = 0;
  let start = 1;
  for (let at = 1; at < end; at += 1) {
    const byte = array[at];
    if (byte === QUOTE) at = endOfString(array, at);
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) depth += 1;
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth -= 1;
    else if (byte === COMMA && depth === 0) {
      yield trim(array, start, at);
      start = at + 1;
    }
  }
  const last = trim(array, start, end);
  if (last.byteLength > 0) yield last;
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; ; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === QUOTE || at >= bytes.byteLength) return at;
  }
}

function trim(bytes: Uint8Array, from: number, to: number): Uint8Array {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
