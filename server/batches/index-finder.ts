const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const KEY = "index";
/** Characters of a number that may be an index, in any notation: what is longer is none. */
const VALUE_MAX_CHARACTERS = 64;

export interface IndexFinder {
  /** The next bytes of the line. */
  read(bytes: Uint8Array): void;
  /** The index that the line states, as far as it was read: null when it states none, or what can be none. */
  find(): number | null;
  /** The line states an index that can be none: a fraction, a text, less than 0, too large … */
  isUnreadable(): boolean;
}

/**
 * Looks for the member `index` of the object that a line is, among its own members only, wherever it stands, without
 * holding the line. The line may be broken, or no JSON: nothing is checked, and what was said before a fault counts. Of
 * several the last one counts, as for `JSON.parse`.
 */
export function createIndexFinder(): IndexFinder {
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  /** A string begins a member here; the text of one as long as it may be the key. */
  let isKeyNext = false;
  let key: string | null = null;
  let isValueNext = false;
  let value: string | null = null;
  let found: number | null = null;
  let isUnreadable = false;

  const endValue = () => {
    if (value === null) return;
    found = toIndex(value.trim());
    isUnreadable = found === null;
    value = null;
  };

  const readInString = (byte: number) => {
    if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = true;
    else if (byte === QUOTE) {
      isInString = false;
      isValueNext = key === KEY;
      return;
    }
    if (key !== null) key = key.length > KEY.length ? null : key + String.fromCharCode(byte);
  };

  const readOutside = (byte: number) => {
    switch (byte) {
      case QUOTE:
        isInString = true;
        key = depth === 1 && isKeyNext ? "" : null;
        isKeyNext = false;
        if (value !== null) value = "?";
        return;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1;
        isKeyNext = depth === 1 && byte === OPEN_OBJECT;
        if (value !== null) value = "?";
        return;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (depth === 1) endValue();
        depth -= 1;
        return;
      case COMMA:
        if (depth === 1) {
          endValue();
          isKeyNext = true;
        }
        return;
      case COLON:
        if (depth === 1 && isValueNext) value = "";
        isValueNext = false;
        return;
      default:
        if (value !== null && value.length < VALUE_MAX_CHARACTERS)
          value += String.fromCharCode(byte);
    }
  };

  return {
    read(bytes) {
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at] as number;
        if (isInString) readInString(byte);
        else readOutside(byte);
      }
    },
    find: () => found,
    isUnreadable: () => isUnreadable,
  };
}

/** Numbers as in RFC 8259, section 6: 1e1 and 10.0 are 10. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function toIndex(text: string): number | null {
  if (text.length >= VALUE_MAX_CHARACTERS || !NUMBER.test(text)) return null;
  return isIndex(Number(text)) ? Number(text) : null;
}

export const isIndex = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
