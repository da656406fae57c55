// The core of the scanner in AssemblyScript: one pass over the bytes, one state machine, and 16 bytes at a time within
// strings, which is where documents of sessions have most of theirs. `../reference-core.ts` is the same in plain
// JavaScript and says more about the states; `../scan-core.ts` has the meaning of the numbers. `npm run build:wasm`
// compiles it into `../scan-core-wasm.ts`.

// Roles, names, kinds, events and statuses of `../scan-core.ts`.
const OPAQUE: i32 = 0, TOP: i32 = 1, ELEMENTS: i32 = 2, ELEMENT: i32 = 3, BODY: i32 = 4, PARTS: i32 = 5, ROOT: i32 = 6;
const OTHER: i32 = 0, TYPE: i32 = 1, DATA: i32 = 2, INFO: i32 = 3, NAME_PARTS: i32 = 4, ID: i32 = 5, MESSAGE_ID: i32 = 6;
const OBJECT: i32 = 1, ARRAY: i32 = 2, STRING: i32 = 3, SCALAR: i32 = 4;
const EVENT_KEY: i32 = 1, EVENT_BEGIN: i32 = 2, EVENT_END: i32 = 3, EVENT_DEEP: i32 = 4, EVENT_LINE_END: i32 = 5;
const MORE: i32 = 0, STOP_KEY: i32 = 1, FULL: i32 = 2, SYNTAX: i32 = 3, TOO_DEEP: i32 = 4, TRAILING: i32 = 5;

// Where the grammar stands.
const AT_VALUE: i32 = 0, AT_VALUE_OR_CLOSE: i32 = 1, AT_KEY_OR_CLOSE: i32 = 2, AT_KEY: i32 = 3, AT_COLON: i32 = 4;
const AT_AFTER: i32 = 5, AT_AFTER_TOP: i32 = 6, AT_STRING: i32 = 7, AT_NAME: i32 = 8, AT_ESCAPE: i32 = 9, AT_HEX: i32 = 10;
const AT_LITERAL: i32 = 11, AT_MINUS: i32 = 12, AT_ZERO: i32 = 13, AT_INTEGER: i32 = 14, AT_POINT: i32 = 15;
const AT_FRACTION: i32 = 16, AT_EXPONENT: i32 = 17, AT_EXPONENT_SIGN: i32 = 18, AT_EXPONENT_DIGITS: i32 = 19;

const QUOTE: i32 = 0x22, BACKSLASH: i32 = 0x5c, NEWLINE: i32 = 0x0a, COMMA: i32 = 0x2c, COLON: i32 = 0x3a;
const OPEN_BRACE: i32 = 0x7b, CLOSE_BRACE: i32 = 0x7d, OPEN_BRACKET: i32 = 0x5b, CLOSE_BRACKET: i32 = 0x5d;

const EVENTS_MAX: i32 = 4096;
const WINDOW_BYTES: i32 = 131072;
const NAME_MAX: i32 = 16;
const IS_OBJECT: i32 = 16;

/** A byte per open container: its role, and whether it is an object. */
const STACK: usize = memory.data(1032);
const NAME_BUFFER: usize = memory.data(32);
/** What an escaped letter stands for; 0 where there is no such escape. */
const MEANINGS: usize = memory.data(256);
const EVENTS: usize = memory.data(32768);
/** Where the bytes to read are put; one more for a zero behind them, and room to load 16 at once. */
const INPUT: usize = memory.data(131104);

store<u8>(MEANINGS + 0x22, 0x22);
store<u8>(MEANINGS + 0x5c, 0x5c);
store<u8>(MEANINGS + 0x2f, 0x2f);
store<u8>(MEANINGS + 0x62, 0x08);
store<u8>(MEANINGS + 0x66, 0x0c);
store<u8>(MEANINGS + 0x6e, 0x0a);
store<u8>(MEANINGS + 0x72, 0x0d);
store<u8>(MEANINGS + 0x74, 0x09);
store<u8>(STACK, ROOT);

let itemDepthMax: i32 = 0;
let documentDepthMax: i32 = 0;

let at: i32 = AT_VALUE;
let depth: i32 = 0;
/** Depth below which the nesting of a value is counted. */
let baseDepth: i32 = 0;
let isDeep: bool = false;
let isKey: bool = false;
/** Whether the string in which an escape stands is a name that matters. */
let isName: bool = false;
let nameLength: i32 = 0;
let name: i32 = OTHER;
let objectRole: i32 = OPAQUE;
let arrayRole: i32 = OPAQUE;
let hexDigits: i32 = 0;
let hexValue: i32 = 0;
/** Letters of a literal that are still to come, the next one lowest. */
let literal: u32 = 0;

let eventCount: i32 = 0;
/** Position of the window in the chunk, less its address. */
let shift: i32 = 0;

export let status: i32 = MORE;
export let readsLines: bool = false;
export let hasBreak: bool = false;
export let endsLine: bool = false;

export function eventsAddress(): usize { return EVENTS; }
export function inputAddress(): usize { return INPUT; }
export function inputBytes(): i32 { return WINDOW_BYTES; }
export function countEvents(): i32 { return eventCount; }
export function isBlank(): bool { return at == AT_VALUE && depth == 0; }
export function isComplete(): bool { return at == AT_AFTER_TOP || (readsLines && isBlank()); }

export function configure(itemDepth: i32, documentDepth: i32): void {
  itemDepthMax = itemDepth;
  documentDepthMax = documentDepth;
}

/** Forgets the document: the next byte begins another one. */
export function reset(): void {
  at = AT_VALUE;
  depth = 0;
  name = OTHER;
  readsLines = false;
  hasBreak = false;
  endsLine = false;
}

export function resume(nextName: i32, nextObjectRole: i32, nextArrayRole: i32): void {
  name = nextName;
  objectRole = nextObjectRole;
  arrayRole = nextArrayRole;
}

export function becomeElement(hasLines: bool): void {
  store<u8>(STACK + 1, ELEMENT | IS_OBJECT);
  readsLines = hasLines;
}

export function restartLine(): void {
  readsLines = true;
  depth = 0;
  at = AT_VALUE;
}

/**
 * Reads the window from its byte `from` to its byte `to`, and answers with the byte where it stopped; `chunkPosition`
 * is where the window's first byte stands in the chunk. Every function below takes and gives addresses; one that
 * answers with 0 has set `status`, or `at` behind the end of the window.
 */
export function scan(from: i32, to: i32, chunkPosition: i32): i32 {
  const end = INPUT + to;
  const last = load<u8>(end);
  // Ends every run of digits, so that they need no other bound.
  store<u8>(end, 0);
  eventCount = 0;
  status = MORE;
  shift = chunkPosition - <i32>INPUT;
  const stopped = run(INPUT + from, end);
  store<u8>(end, last);
  return <i32>(stopped - INPUT);
}

function run(start: usize, end: usize): usize {
  let p = start;
  while (p < end) {
    if (eventCount > EVENTS_MAX - 4) {
      status = FULL;
      return p;
    }
    switch (at) {
      case AT_VALUE:
      case AT_VALUE_OR_CLOSE: {
        p = skipSpace(p, end);
        if (p == end || status != MORE) return p;
        const byte = <i32>load<u8>(p);
        if (byte == CLOSE_BRACKET && at == AT_VALUE_OR_CLOSE) p = close(p);
        else p = openValue(p, end, byte);
        break;
      }
      case AT_KEY_OR_CLOSE:
      case AT_KEY: {
        p = skipSpace(p, end);
        if (p == end || status != MORE) return p;
        const byte = <i32>load<u8>(p);
        if (byte == QUOTE) p = openKey(p, end);
        else if (byte == CLOSE_BRACE && at == AT_KEY_OR_CLOSE) p = close(p);
        else status = SYNTAX;
        break;
      }
      case AT_COLON: {
        p = skipSpace(p, end);
        if (p == end || status != MORE) return p;
        if (load<u8>(p) == COLON) {
          at = AT_VALUE;
          p += 1;
          if (p < end && load<u8>(p) > 0x20) p = openValue(p, end, load<u8>(p));
        } else status = SYNTAX;
        break;
      }
      case AT_AFTER: {
        p = skipSpace(p, end);
        if (p == end || status != MORE) return p;
        const byte = <i32>load<u8>(p);
        const isObject = (load<u8>(STACK + depth) & IS_OBJECT) != 0;
        if (byte == COMMA) {
          p += 1;
          if (isObject) {
            at = AT_KEY;
            if (p < end && load<u8>(p) == QUOTE) p = openKey(p, end);
          } else {
            at = AT_VALUE;
            if (p < end && load<u8>(p) > 0x20) p = openValue(p, end, load<u8>(p));
          }
        } else if (byte == (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) p = close(p);
        else status = SYNTAX;
        break;
      }
      case AT_AFTER_TOP: {
        const byte = <i32>load<u8>(p);
        if (byte == NEWLINE) endLine(p);
        else if (!isSpace(byte)) {
          status = TRAILING;
          return p;
        }
        p += 1;
        break;
      }
      case AT_STRING:
        p = readString(p, end);
        break;
      case AT_NAME:
        p = readName(p, end);
        break;
      case AT_ESCAPE:
        p = readEscape(p);
        break;
      case AT_HEX:
        p = readHex(p);
        break;
      case AT_LITERAL:
        p = readLiteral(p);
        break;
      default:
        p = readNumber(p, end);
    }
    if (status != MORE) return p;
  }
  return p;
}

// @ts-ignore: decorator
@inline
function isSpace(byte: i32): bool {
  return byte == 0x20 || byte == NEWLINE || byte == 0x0d || byte == 0x09;
}

// @ts-ignore: decorator
@inline
function isDigit(byte: i32): bool {
  return <u32>(byte - 0x30) < 10;
}

// @ts-ignore: decorator
@inline
function skipSpace(p: usize, end: usize): usize {
  return load<u8>(p) > 0x20 ? p : skipSpaces(p, end);
}

function skipSpaces(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    const byte = <i32>load<u8>(p);
    if (byte == 0x20 && p + 16 <= end && v128.all_true<u8>(i8x16.eq(v128.load(p), i8x16.splat(0x20)))) {
      p += 16;
      continue;
    }
    if (!isSpace(byte)) break;
    if (byte == NEWLINE && depth > 0) {
      if (readsLines) {
        status = SYNTAX;
        break;
      }
      hasBreak = true;
    }
    p += 1;
  }
  return p;
}

function endLine(p: usize): void {
  endsLine = true;
  if (!readsLines) return;
  report(EVENT_LINE_END, p);
  at = AT_VALUE;
}

// @ts-ignore: decorator
@inline
function roleHere(): i32 {
  return load<u8>(STACK + depth) & 15;
}

// @ts-ignore: decorator
@inline
function isWatched(role: i32): bool {
  return role == BODY ? name != OTHER : role != OPAQUE;
}

function report(event: i32, p: usize): void {
  const address = EVENTS + (eventCount << 3);
  store<i32>(address, event | (roleHere() << 4));
  store<i32>(address, <i32>p + shift, 4);
  eventCount += 1;
}

// @ts-ignore: decorator
@inline
function reportBegin(kind: i32, p: usize): void {
  report(EVENT_BEGIN | (name << 8) | (kind << 12), p);
}

// @ts-ignore: decorator
@inline
function endValue(p: usize): usize {
  if (isWatched(roleHere())) report(EVENT_END, p);
  at = depth == 0 ? AT_AFTER_TOP : AT_AFTER;
  return p;
}

// @ts-ignore: decorator
@inline
function close(p: usize): usize {
  depth -= 1;
  return endValue(p + 1);
}

function openValue(p: usize, end: usize, byte: i32): usize {
  if (byte == OPEN_BRACE) return openContainer(p, OBJECT);
  if (byte == OPEN_BRACKET) return openContainer(p, ARRAY);
  if (byte == QUOTE) {
    if (isWatched(roleHere())) reportBegin(STRING, p);
    isKey = false;
    isName = false;
    at = AT_STRING;
    return readString(p + 1, end);
  }
  const isNumber = byte == 0x2d || isDigit(byte);
  if (isNumber || byte == 0x74 || byte == 0x66 || byte == 0x6e) {
    if (isWatched(roleHere())) reportBegin(SCALAR, p);
    if (isNumber) {
      at = byte == 0x2d ? AT_MINUS : byte == 0x30 ? AT_ZERO : AT_INTEGER;
      return readNumber(p + 1, end);
    }
    return openLiteral(p, end, byte);
  }
  status = SYNTAX;
  return p;
}

function openLiteral(p: usize, end: usize, byte: i32): usize {
  // "rue", "alse", "ull", the first letter lowest.
  literal = byte == 0x74 ? 0x657572 : byte == 0x66 ? 0x65736c61 : 0x6c6c75;
  const length: usize = byte == 0x66 ? 4 : 3;
  const mask: u32 = byte == 0x66 ? 0xffffffff : 0xffffff;
  if (p + length < end && (load<u32>(p, 1) & mask) == literal) return endValue(p + 1 + length);
  at = AT_LITERAL;
  return p + 1;
}

function readLiteral(p: usize): usize {
  if (load<u8>(p) != (literal & 0xff)) {
    status = SYNTAX;
    return p;
  }
  literal >>= 8;
  return literal == 0 ? endValue(p + 1) : p + 1;
}

function openContainer(p: usize, kind: i32): usize {
  const parent = roleHere();
  const role = parent == OPAQUE ? OPAQUE : childRole(parent, kind == OBJECT);
  // The depth of a value counts from the innermost container that belongs to the document's form.
  if (role != OPAQUE && role != BODY) baseDepth = depth + 1;
  else if (parent != OPAQUE && parent != BODY) {
    baseDepth = depth;
    isDeep = false;
  }
  const valueDepth = depth + 1 - baseDepth;
  if (valueDepth > documentDepthMax) {
    status = TOO_DEEP;
    return p;
  }
  if (isWatched(parent)) reportBegin(kind, p);
  if (valueDepth > itemDepthMax && !isDeep) {
    isDeep = true;
    report(EVENT_DEEP, p);
  }
  depth += 1;
  store<u8>(STACK + depth, kind == OBJECT ? role | IS_OBJECT : role);
  if (role != OPAQUE) name = OTHER;
  at = kind == OBJECT ? AT_KEY_OR_CLOSE : AT_VALUE_OR_CLOSE;
  return p + 1;
}

function childRole(parent: i32, isObject: bool): i32 {
  if (parent == ROOT) {
    if (readsLines) return isObject ? ELEMENT : OPAQUE;
    return isObject ? TOP : ELEMENTS;
  }
  if (parent == TOP || parent == ELEMENT) return isObject ? objectRole : arrayRole;
  if (parent == ELEMENTS) return isObject ? ELEMENT : OPAQUE;
  return parent == PARTS && isObject ? BODY : OPAQUE;
}

/** A bit for each of 16 bytes that does not simply belong to a string: quotes, backslashes, control characters. */
// @ts-ignore: decorator
@inline
function findSpecial(p: usize): i32 {
  const bytes = v128.load(p);
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
      i8x16.lt_u(bytes, i8x16.splat(0x20)),
    ),
  );
}

function readString(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    let special = findSpecial(p);
    let next = p + 16;
    while (special != 0) {
      const index = ctz(special);
      const found = p + index;
      // Behind the end stands a zero: it is found like any control character.
      if (found >= end) return end;
      const byte = <i32>load<u8>(found);
      if (byte == QUOTE) return isKey ? endKey(found + 1, OTHER) : endValue(found + 1);
      if (byte != BACKSLASH) {
        status = SYNTAX;
        return found;
      }
      if (found + 1 < end && load<u8>(MEANINGS + load<u8>(found, 1)) != 0) {
        // The next letter is used up, too.
        special &= ~(3 << index);
        if (index == 15) next = p + 17;
      } else if (found + 6 <= end && load<u8>(found, 1) == 0x75 && isHex(found + 2)) {
        next = found + 6;
        break;
      } else {
        at = AT_ESCAPE;
        return found + 1;
      }
    }
    p = next;
  }
  return end;
}

// @ts-ignore: decorator
@inline
function isHexDigit(byte: i32): bool {
  return isDigit(byte) || <u32>((byte | 0x20) - 0x61) < 6;
}

function isHex(p: usize): bool {
  return isHexDigit(load<u8>(p)) && isHexDigit(load<u8>(p, 1)) && isHexDigit(load<u8>(p, 2)) && isHexDigit(load<u8>(p, 3));
}

function readEscape(p: usize): usize {
  const byte = <i32>load<u8>(p);
  const meaning = <i32>load<u8>(MEANINGS + byte);
  if (meaning != 0) {
    addToName(meaning);
    at = isName ? AT_NAME : AT_STRING;
  } else if (byte == 0x75) {
    hexDigits = 0;
    hexValue = 0;
    at = AT_HEX;
  } else {
    status = SYNTAX;
    return p;
  }
  return p + 1;
}

function readHex(p: usize): usize {
  const byte = <i32>load<u8>(p);
  const letter = (byte | 0x20) - 0x61;
  if (isDigit(byte)) hexValue = (hexValue << 4) | (byte - 0x30);
  else if (<u32>letter < 6) hexValue = (hexValue << 4) | (letter + 10);
  else {
    status = SYNTAX;
    return p;
  }
  hexDigits += 1;
  if (hexDigits == 4) {
    addToName(hexValue > 0x7f ? 0xff : hexValue);
    at = isName ? AT_NAME : AT_STRING;
  }
  return p + 1;
}

function openKey(p: usize, end: usize): usize {
  const role = roleHere();
  isKey = true;
  isName = role != OPAQUE;
  if (!isName) {
    at = AT_STRING;
    return readString(p + 1, end);
  }
  if (role != BODY) report(EVENT_KEY, p);
  if (p + 17 <= end) {
    const special = findSpecial(p + 1);
    const length = ctz(special);
    // Most names are short and have no escapes.
    if (special != 0 && load<u8>(p + 1 + length) == QUOTE)
      return endKey(p + 2 + length, nameOf(p + 1, length));
  }
  nameLength = 0;
  at = AT_NAME;
  return p + 1;
}

function readName(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    const byte = <i32>load<u8>(p);
    p += 1;
    if (byte == QUOTE) return endKey(p, nameOf(NAME_BUFFER, nameLength));
    if (byte == BACKSLASH) {
      at = AT_ESCAPE;
      return p;
    }
    if (byte < 0x20) {
      status = SYNTAX;
      return p - 1;
    }
    addToName(byte);
    if (nameLength > NAME_MAX) {
      // It means nothing to us: the rest is read like any string.
      isName = false;
      at = AT_STRING;
      return p;
    }
  }
  return p;
}

function addToName(character: i32): void {
  if (!isName) return;
  if (nameLength < NAME_MAX) store<u8>(NAME_BUFFER + nameLength, character);
  nameLength += 1;
}

function nameOf(p: usize, length: i32): i32 {
  if (roleHere() == BODY) {
    if (length == 2 && load<u16>(p) == 0x6469) return ID;
    const isMessageId = length == 9 && load<u64>(p) == 0x496567617373656d && load<u8>(p, 8) == 0x44;
    return isMessageId ? MESSAGE_ID : OTHER;
  }
  const start = load<u32>(p);
  if (length == 4) {
    if (start == 0x65707974) return TYPE;
    if (start == 0x61746164) return DATA;
    if (start == 0x6f666e69) return INFO;
  }
  return length == 5 && start == 0x74726170 && load<u8>(p, 4) == 0x73 ? NAME_PARTS : OTHER;
}

function endKey(p: usize, found: i32): usize {
  at = AT_COLON;
  const role = roleHere();
  if (role == OPAQUE) return p;
  if (role == TOP) status = STOP_KEY;
  else {
    name = found;
    objectRole = found == DATA || found == INFO ? BODY : OPAQUE;
    arrayRole = found == NAME_PARTS ? PARTS : OPAQUE;
  }
  return p;
}

/** Goes on with a number; the zero behind the window ends every run of digits. */
function readNumber(from: usize, end: usize): usize {
  let p = from;
  while (p < end) {
    const byte = <i32>load<u8>(p);
    const digit = isDigit(byte);
    switch (at) {
      case AT_INTEGER:
      case AT_FRACTION:
      case AT_EXPONENT_DIGITS:
        if (digit) {
          do p += 1;
          while (isDigit(load<u8>(p)));
          continue;
        }
        break;
      case AT_MINUS:
        if (!digit) {
          status = SYNTAX;
          return p;
        }
        at = byte == 0x30 ? AT_ZERO : AT_INTEGER;
        p += 1;
        continue;
      case AT_POINT:
      case AT_EXPONENT_SIGN:
      case AT_EXPONENT:
        if (digit) at = at == AT_POINT ? AT_FRACTION : AT_EXPONENT_DIGITS;
        else if (at == AT_EXPONENT && (byte == 0x2b || byte == 0x2d)) at = AT_EXPONENT_SIGN;
        else {
          status = SYNTAX;
          return p;
        }
        p += 1;
        continue;
    }
    if (byte == 0x2e && (at == AT_INTEGER || at == AT_ZERO)) at = AT_POINT;
    else if ((byte | 0x20) == 0x65 && at != AT_EXPONENT_DIGITS) at = AT_EXPONENT;
    else return endValue(p);
    p += 1;
  }
  return p;
}
