import { ITEM_DEPTH_MAX, UPLOAD_DEPTH_MAX } from "#lib/limits.ts";
import {
  EVENT,
  EVENTS_MAX,
  FORM_DEPTH,
  KIND,
  NAME,
  ROLE,
  STATUS,
  type NextValue,
  type ScanCore,
} from "./scan-core.ts";

/** Where the grammar stands: what may come next. */
const AT = {
  value: 0,
  valueOrClose: 1,
  keyOrClose: 2,
  key: 3,
  colon: 4,
  /** After a value: a comma, or the end of its container. */
  after: 5,
  /** After a value that is in no container. */
  afterTop: 6,
  string: 7,
  escape: 8,
  hex: 9,
  /** Numbers, RFC 8259 section 6: what has been read of one. */
  minus: 10,
  zero: 11,
  integer: 12,
  point: 13,
  fraction: 14,
  exponent: 15,
  exponentSign: 16,
  exponentDigits: 17,
  literal: 18,
} as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const SPACE = " \t\r\n";
const DIGITS = "0123456789";
const SHORT_ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const LITERALS: Record<string, string> = { t: "true", f: "false", n: "null" };
const ELEMENT_NAMES: Record<string, number> = {
  type: NAME.type,
  data: NAME.data,
  info: NAME.info,
  parts: NAME.parts,
};
const BODY_NAMES: Record<string, number> = { id: NAME.id, messageID: NAME.messageId };
const NAME_MAX_CHARACTERS = 16;

/**
 * The core in plain JavaScript, byte by byte: what the WASM core is compared with in tests, and what remains where
 * there is no WASM.
 */
export class ReferenceCore implements ScanCore {
  readonly events = new Int32Array(2 * EVENTS_MAX);
  eventCount = 0;
  status: number = STATUS.more;
  hasBreak = false;
  endsLine = false;
  readsLines = false;

  #chunk: Uint8Array = new Uint8Array(0);
  #at: number = AT.value;
  #depth = 0;
  readonly #roles = new Uint8Array(UPLOAD_DEPTH_MAX + FORM_DEPTH + 2);
  readonly #isObject = new Uint8Array(UPLOAD_DEPTH_MAX + FORM_DEPTH + 2);
  /** Depth below which the nesting of a value is counted. */
  #base = 0;
  #isDeep = false;
  #isKey = false;
  #key = "";
  #name: number = NAME.other;
  #objectRole: number = ROLE.opaque;
  #arrayRole: number = ROLE.opaque;
  #hexDigits = 0;
  #hexValue = 0;
  #literal = "";
  #literalLength = 0;

  constructor() {
    this.#roles[0] = ROLE.root;
  }

  get isComplete(): boolean {
    return this.#at === AT.afterTop || (this.readsLines && this.isBlank);
  }

  get isBlank(): boolean {
    return this.#at === AT.value && this.#depth === 0;
  }

  resume({ name, objectRole, arrayRole }: NextValue): void {
    this.#name = name;
    this.#objectRole = objectRole;
    this.#arrayRole = arrayRole;
  }

  becomeElement(hasLines: boolean): void {
    this.#roles[1] = ROLE.element;
    this.readsLines = hasLines;
  }

  restartLine(): void {
    this.readsLines = true;
    this.#depth = 0;
    this.#at = AT.value;
  }

  release(): void {}

  attach(chunk: Uint8Array): void {
    this.#chunk = chunk;
  }

  scan(from: number, to: number): number {
    this.eventCount = 0;
    this.status = STATUS.more;
    let position = from;
    while (position < to) {
      // One byte ends at most a number and the container around it.
      if (this.eventCount > EVENTS_MAX - 3) this.status = STATUS.full;
      else if (this.#take(this.#chunk[position]!, position)) position += 1;
      if (this.status !== STATUS.more) break;
    }
    return position;
  }

  /** True when the byte is used up; false when it ended a number and is to be looked at again, or on a fault. */
  #take(byte: number, position: number): boolean {
    switch (this.#at) {
      case AT.string:
        return this.#takeInString(byte, position);
      case AT.escape:
        return this.#takeEscape(byte);
      case AT.hex:
        return this.#takeHex(byte);
      case AT.literal:
        return this.#takeLiteral(byte, position);
      default:
        return this.#at >= AT.minus
          ? this.#takeInNumber(byte, position)
          : this.#takeToken(byte, position);
    }
  }

  #takeToken(byte: number, position: number): boolean {
    const character = String.fromCharCode(byte);
    if (SPACE.includes(character)) return this.#takeSpace(byte, position);
    switch (this.#at) {
      case AT.value:
        return this.#openValue(character, position);
      case AT.valueOrClose:
        return character === "]" ? this.#close(position) : this.#openValue(character, position);
      case AT.keyOrClose:
        if (character === "}") return this.#close(position);
        return character === '"' ? this.#openKey(position) : this.#fail();
      case AT.key:
        return character === '"' ? this.#openKey(position) : this.#fail();
      case AT.colon:
        return character === ":" ? this.#go(AT.value) : this.#fail();
      case AT.after: {
        const isObject = this.#isObject[this.#depth] === 1;
        if (character === ",") return this.#go(isObject ? AT.key : AT.value);
        return character === (isObject ? "}" : "]") ? this.#close(position) : this.#fail();
      }
      default:
        return this.#fail(STATUS.trailing);
    }
  }

  #takeSpace(byte: number, position: number): boolean {
    if (byte !== NEWLINE) return true;
    if (this.#depth > 0) {
      if (this.readsLines) return this.#fail();
      this.hasBreak = true;
    } else if (this.#at === AT.afterTop) {
      this.endsLine = true;
      if (this.readsLines) {
        this.#report(EVENT.lineEnd, { position });
        this.#at = AT.value;
      }
    }
    return true;
  }

  #openKey(position: number): boolean {
    const role = this.#role;
    if (role === ROLE.top || role === ROLE.element) this.#report(EVENT.key, { position });
    this.#isKey = true;
    this.#key = "";
    return this.#go(AT.string);
  }

  #openValue(character: string, position: number): boolean {
    if (character === "{") return this.#openContainer(KIND.object, position);
    if (character === "[") return this.#openContainer(KIND.array, position);
    const isString = character === '"';
    const literal = LITERALS[character];
    if (!isString && literal === undefined && character !== "-" && !DIGITS.includes(character))
      return this.#fail();

    if (this.#isWatched) {
      const kind = isString ? KIND.string : KIND.scalar;
      this.#report(EVENT.begin, { position, name: this.#name, kind });
    }
    if (isString) {
      this.#isKey = false;
      return this.#go(AT.string);
    }
    if (literal !== undefined) {
      this.#literal = literal;
      this.#literalLength = 1;
      return this.#go(AT.literal);
    }
    if (character === "-") return this.#go(AT.minus);
    return this.#go(character === "0" ? AT.zero : AT.integer);
  }

  #openContainer(kind: number, position: number): boolean {
    const parent = this.#role;
    const role = this.#childRole(parent, kind === KIND.object);
    const isForm = role !== ROLE.opaque && role !== ROLE.body;
    // The depth of a value counts from the innermost container that belongs to the document's form.
    if (isForm) this.#base = this.#depth + 1;
    else if (parent !== ROLE.opaque && parent !== ROLE.body) {
      this.#base = this.#depth;
      this.#isDeep = false;
    }
    const valueDepth = this.#depth + 1 - this.#base;
    if (valueDepth > UPLOAD_DEPTH_MAX) return this.#fail(STATUS.tooDeep);
    if (this.#isWatched) this.#report(EVENT.begin, { position, name: this.#name, kind });
    if (valueDepth > ITEM_DEPTH_MAX && !this.#isDeep) {
      this.#isDeep = true;
      this.#report(EVENT.deep, { position });
    }
    this.#depth += 1;
    this.#roles[this.#depth] = role;
    this.#isObject[this.#depth] = kind === KIND.object ? 1 : 0;
    if (role !== ROLE.opaque) this.#name = NAME.other;
    return this.#go(kind === KIND.object ? AT.keyOrClose : AT.valueOrClose);
  }

  #childRole(parent: number, isObject: boolean): number {
    switch (parent) {
      case ROLE.root:
        if (this.readsLines) return isObject ? ROLE.element : ROLE.opaque;
        return isObject ? ROLE.top : ROLE.elements;
      case ROLE.top:
      case ROLE.element:
        return isObject ? this.#objectRole : this.#arrayRole;
      case ROLE.elements:
        return isObject ? ROLE.element : ROLE.opaque;
      case ROLE.parts:
        return isObject ? ROLE.body : ROLE.opaque;
      default:
        return ROLE.opaque;
    }
  }

  #close(position: number): boolean {
    this.#depth -= 1;
    return this.#endValue(position + 1);
  }

  #endValue(position: number): true {
    if (this.#isWatched) this.#report(EVENT.end, { position });
    return this.#go(this.#depth === 0 ? AT.afterTop : AT.after);
  }

  #takeInString(byte: number, position: number): boolean {
    if (byte === QUOTE) return this.#isKey ? this.#endKey() : this.#endValue(position + 1);
    if (byte === BACKSLASH) return this.#go(AT.escape);
    if (byte < 0x20) return this.#fail();
    this.#addToKey(byte);
    return true;
  }

  #takeEscape(byte: number): boolean {
    const character = String.fromCharCode(byte);
    if (character === "u") {
      this.#hexDigits = 0;
      this.#hexValue = 0;
      return this.#go(AT.hex);
    }
    const meaning = SHORT_ESCAPES[character];
    if (meaning === undefined) return this.#fail();
    this.#addToKey(meaning.charCodeAt(0));
    return this.#go(AT.string);
  }

  #takeHex(byte: number): boolean {
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit)) return this.#fail();
    this.#hexValue = this.#hexValue * 16 + digit;
    this.#hexDigits += 1;
    if (this.#hexDigits < 4) return true;
    this.#addToKey(this.#hexValue);
    return this.#go(AT.string);
  }

  #addToKey(character: number): void {
    if (this.#isKey && this.#key.length < NAME_MAX_CHARACTERS)
      this.#key += String.fromCharCode(character);
  }

  #endKey(): true {
    const role = this.#role;
    if (role === ROLE.top) this.status = STATUS.key;
    if (role === ROLE.element) {
      this.#name = findName(ELEMENT_NAMES, this.#key);
      const hasBody = this.#name === NAME.data || this.#name === NAME.info;
      this.#objectRole = hasBody ? ROLE.body : ROLE.opaque;
      this.#arrayRole = this.#name === NAME.parts ? ROLE.parts : ROLE.opaque;
    }
    if (role === ROLE.body) this.#name = findName(BODY_NAMES, this.#key);
    return this.#go(AT.colon);
  }

  #takeInNumber(byte: number, position: number): boolean {
    const character = String.fromCharCode(byte);
    const isDigit = DIGITS.includes(character);
    const isExponent = character === "e" || character === "E";
    switch (this.#at) {
      case AT.minus:
        if (!isDigit) return this.#fail();
        return this.#go(character === "0" ? AT.zero : AT.integer);
      case AT.zero:
      case AT.integer:
        if (isDigit && this.#at === AT.integer) return true;
        if (character === ".") return this.#go(AT.point);
        return isExponent ? this.#go(AT.exponent) : this.#endNumber(position);
      case AT.point:
        return isDigit ? this.#go(AT.fraction) : this.#fail();
      case AT.fraction:
        if (isDigit) return true;
        return isExponent ? this.#go(AT.exponent) : this.#endNumber(position);
      case AT.exponent:
        if (character === "+" || character === "-") return this.#go(AT.exponentSign);
        return isDigit ? this.#go(AT.exponentDigits) : this.#fail();
      case AT.exponentSign:
        return isDigit ? this.#go(AT.exponentDigits) : this.#fail();
      default:
        return isDigit || this.#endNumber(position);
    }
  }

  /** The byte behind a number is not part of it. */
  #endNumber(position: number): false {
    this.#endValue(position);
    return false;
  }

  #takeLiteral(byte: number, position: number): boolean {
    if (byte !== this.#literal.charCodeAt(this.#literalLength)) return this.#fail();
    this.#literalLength += 1;
    return this.#literalLength < this.#literal.length || this.#endValue(position + 1);
  }

  get #role(): number {
    return this.#roles[this.#depth]!;
  }

  /** Whether the current container reports the value that begins or has ended. */
  get #isWatched(): boolean {
    const role = this.#role;
    return role === ROLE.body ? this.#name !== NAME.other : role !== ROLE.opaque;
  }

  #report(event: number, of: { position: number; name?: number; kind?: number }): void {
    const { position, name = 0, kind = 0 } = of;
    this.events[2 * this.eventCount] = event | (this.#role << 4) | (name << 8) | (kind << 12);
    this.events[2 * this.eventCount + 1] = position;
    this.eventCount += 1;
  }

  #go(at: number): true {
    this.#at = at;
    return true;
  }

  #fail(status: number = STATUS.syntax): false {
    this.status = status;
    return false;
  }
}

function findName(names: Record<string, number>, key: string): number {
  return Object.hasOwn(names, key) ? names[key]! : NAME.other;
}
