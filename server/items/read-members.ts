const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** A longer value is not one of the small facts that this is for. */
const VALUE_MAX_BYTES = 65_536;

/** Where a member of an object stands: positions of bytes. */
export interface MemberPlace {
  /** Null for a name that is damaged. */
  name: string | null;
  /** Of the name's quote. */
  start: number;
  valueStart: number;
}

/**
 * Steps over the members of the JSON object that opens at `from`, in their order, until the object ends or is damaged.
 * `visit` says where the value ends, see `endOfValue`. Gives the position behind the object, null when it does not end.
 * Nothing is ever thrown.
 */
export function walkMembers(
  json: Buffer,
  from: number,
  visit: (member: MemberPlace) => number,
): number | null {
  if (json[from] !== OPEN_BRACE) return null;
  let at = skipSpace(json, from + 1);
  while (json[at] === QUOTE) {
    const nameEnd = endOfString(json, at);
    const colon = skipSpace(json, nameEnd);
    if (json[colon] !== COLON) return null;
    const valueStart = skipSpace(json, colon + 1);
    const end = visit({ name: readName(json, at, nameEnd), start: at, valueStart });
    at = skipSpace(json, end);
    if (json[at] !== COMMA) break;
    at = skipSpace(json, at + 1);
  }
  return json[at] === CLOSE_BRACE ? at + 1 : null;
}

/**
 * The named members of a JSON object, parsed; everything else is stepped over, so that the facts of a message of
 * 50 MB cost no memory. Of equal names the last one counts, as with `JSON.parse`. A body that is no object, or is
 * damaged, gives what could be read before the damage; nothing is ever thrown.
 */
export function readMembers(json: Buffer, names: readonly string[]): Map<string, unknown> {
  const members = new Map<string, unknown>();
  walkMembers(json, skipSpace(json, 0), ({ name, valueStart }) => {
    const end = endOfValue(json, valueStart);
    if (name !== null && names.includes(name)) members.set(name, parseSlice(json, valueStart, end));
    return end;
  });
  return members;
}

function readName(json: Buffer, start: number, end: number): string | null {
  if (end - start > VALUE_MAX_BYTES) return null;
  const name = json.toString("utf8", start + 1, end - 1);
  if (!name.includes("\\")) return name;
  const parsed = parseSlice(json, start, end);
  return typeof parsed === "string" ? parsed : null;
}

/** Undefined for what is too long or no JSON. */
export function parseSlice(json: Buffer, start: number, end: number): unknown {
  if (end - start > VALUE_MAX_BYTES) return undefined;
  try {
    return JSON.parse(json.toString("utf8", start, end));
  } catch {
    return undefined;
  }
}

export function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at += 1;
  return at;
}

/** Position after the closing quote of the string that opens at `from`; the end of the text when there is none. */
function endOfString(json: Buffer, from: number): number {
  let at = from + 1;
  // Byte by byte: agents write code, and a search would stop at each escaped quote in it.
  while (at < json.length) {
    const byte = json[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return json.length;
}

/** Position behind the value that begins at `from`; the end of the text for one that is cut. */
export function endOfValue(json: Buffer, from: number): number {
  const first = json[from];
  if (first === QUOTE) return endOfString(json, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfContainer(json, from);
  let at = from;
  while (at < json.length && json[at] !== COMMA && json[at] !== CLOSE_BRACE && json[at]! > 0x20)
    at += 1;
  return at;
}

function endOfContainer(json: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  while (at < json.length) {
    const byte = json[at];
    if (byte === QUOTE) {
      at = endOfString(json, at);
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return at;
}
