/** Held at one time of a string that is longer; its text is rewritten piece by piece. */
const WINDOW_CHARACTERS = 131_072;
/** A text that cannot be cut for so long is one secret beside the other: none of it is shown. */
const UNCUTTABLE_CHARACTERS = 4 * WINDOW_CHARACTERS;
const UNCUTTABLE_TEXT = "[hidden]";

/** More of a closed string is not kept as the possible name of a member. */
const NAME_MAX_CHARACTERS = 256;

/** How a text inside of JSON is rewritten. */
export interface TextRewrite {
  /** What stands for the whole of a text that begins like this, `key` as below; null to rewrite it. */
  replaceWhole?(start: string, key: string | null): string | null;
  /**
   * `key` is the name of the member whose value the text is, or stands in a list in; null elsewhere. A long text comes
   * in pieces.
   */
  rewrite(text: string, key: string | null): string;
  /**
   * Where a text may be cut so that `rewrite` finds in the pieces what it would find in the whole; 0 when nowhere. What
   * is behind the place comes again with the next piece.
   */
  findCut(text: string, key: string | null): number;
  /** Whether a text that goes on ends inside of a file, which `rewrite` leaves out to the text's end. */
  endsInFile?(text: string): boolean;
  /** How much of a text is still of a file that began before it, and is left out. */
  findFileEnd?(text: string): number;
}

/**
 * Rewrites all strings of a JSON text that comes in pieces of any size, names of members too. Whatever else stands in it
 * goes through, as long as it can be JSON. Strings that are not changed stay as they were written. Holds a window of the
 * longest string.
 */
export class JsonRewriter {
  readonly #with: TextRewrite;
  /** Raw inside of the string that is open; null outside. */
  #open: string | null = null;
  /** A piece of the open string has left already. */
  #isContinued = false;
  /** The rest of the open string is left out. */
  #isDropped = false;
  /** What comes next of the open string is of a file that began before it. */
  #isInFile = false;
  /** The next character belongs to a backslash. */
  #isEscaped = false;
  readonly #brackets: string[] = [];
  #lastText = "";
  #key: string | null = null;

  constructor(rewriteWith: TextRewrite) {
    this.#with = rewriteWith;
  }

  push(chunk: string): string {
    let out = "";
    let position = 0;
    while (position < chunk.length) {
      if (this.#open === null) {
        const quote = chunk.indexOf('"', position);
        const end = quote === -1 ? chunk.length : quote;
        out += this.#passOutside(chunk.slice(position, end));
        if (quote === -1) break;
        out += '"';
        this.#open = "";
        position = quote + 1;
        continue;
      }
      const end = this.#findStringEnd(chunk, position);
      this.#open += chunk.slice(position, end);
      position = end;
      if (end < chunk.length) {
        out += `${this.#close()}"`;
        position = end + 1;
      } else if (this.#open.length > WINDOW_CHARACTERS) out += this.#takeWindow();
    }
    return out;
  }

  /** The rest. A text that ends inside of a string stays without its end. */
  end(): string {
    return this.#open === null ? "" : this.#close();
  }

  #passOutside(text: string): string {
    for (const character of text) {
      if (character === ":") this.#key = this.#lastText;
      // Members of a list belong to the name of the list.
      else if (character === "," && this.#brackets.at(-1) !== "[") this.#key = null;
      else if (character === "{" || character === "}") this.#key = null;
      if (character === "{" || character === "[") this.#brackets.push(character);
      else if (character === "}" || character === "]") this.#brackets.pop();
    }
    return text.replaceAll(/[^\s\d{}[\],:.+\-eEtrufalsn]+/g, "");
  }

  /** Where the string that is open ends in `chunk`; its length when it does not. */
  #findStringEnd(chunk: string, from: number): number {
    let position = this.#isEscaped ? from + 1 : from;
    this.#isEscaped = false;
    let end = position;
    for (;;) {
      // Looked for once, and backslashes before it only: nothing is read twice.
      if (position >= end) end = indexOrEnd(chunk, chunk.indexOf('"', position));
      const backslash = chunk.slice(position, end).indexOf("\\");
      if (backslash === -1) return end;
      position += backslash + 2;
      this.#isEscaped = position > chunk.length;
    }
  }

  #close(): string {
    const raw = this.#open ?? "";
    const text = decodeString(raw);
    const rewritten = this.#rewriteEnd(text);
    this.#lastText = this.#isContinued ? "" : text.slice(0, NAME_MAX_CHARACTERS);
    this.#open = null;
    this.#isContinued = false;
    this.#isDropped = false;
    this.#isInFile = false;
    return rewritten === text ? raw : encodeString(rewritten);
  }

  #rewriteEnd(text: string): string {
    if (this.#isDropped) return "";
    const whole = this.#isContinued ? null : this.#replaceWhole(text);
    return whole ?? this.#with.rewrite(this.#leaveFile(text), this.#key);
  }

  /** The text without the rest of a file that is in the middle of leaving. */
  #leaveFile(text: string): string {
    if (!this.#isInFile) return text;
    const rest = text.slice(this.#with.findFileEnd?.(text) ?? 0);
    this.#isInFile = rest === "";
    return rest;
  }

  #replaceWhole(start: string): string | null {
    return this.#with.replaceWhole?.(start, this.#key) ?? null;
  }

  #takeWindow(): string {
    const raw = this.#open ?? "";
    const escapeStart = findOpenEscape(raw);
    const text = decodeString(raw.slice(0, escapeStart));
    if (this.#isInFile) {
      this.#open = encodeString(this.#leaveFile(text)) + raw.slice(escapeStart);
      return "";
    }
    const whole = this.#isContinued ? null : this.#replaceWhole(text);
    if (whole !== null || this.#isDropped) {
      this.#open = raw.slice(escapeStart);
      this.#isContinued = true;
      this.#isDropped = true;
      return whole === null ? "" : encodeString(whole);
    }
    if (this.#with.endsInFile?.(text)) {
      this.#open = raw.slice(escapeStart);
      this.#isContinued = true;
      this.#isInFile = true;
      return encodeString(this.#with.rewrite(text, this.#key));
    }
    const cut = this.#with.findCut(text, this.#key);
    if (cut === 0 && text.length < UNCUTTABLE_CHARACTERS) return "";
    const end = cut === 0 ? text.length - WINDOW_CHARACTERS : cut;
    this.#open = encodeString(text.slice(end)) + raw.slice(escapeStart);
    this.#isContinued = true;
    if (cut === 0) return UNCUTTABLE_TEXT;
    return encodeString(this.#with.rewrite(text.slice(0, end), this.#key));
  }
}

const indexOrEnd = (text: string, index: number) => (index === -1 ? text.length : index);

/** True when the next character belongs to a backslash at the end. */
function isEscapeOpen(raw: string): boolean {
  let count = 0;
  while (count < raw.length && raw[raw.length - 1 - count] === "\\") count += 1;
  return count % 2 === 1;
}

/** Where an escape begins that the text ends in the middle of; its length when there is none. */
function findOpenEscape(raw: string): number {
  const start = raw.lastIndexOf("\\");
  if (start === -1 || start < raw.length - 5) return raw.length;
  const opens = isEscapeOpen(raw.slice(0, start + 1));
  if (!opens) return raw.length;
  const needed = raw[start + 1] === "u" ? 6 : 2;
  return raw.length - start < needed ? start : raw.length;
}

const escaped: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

const decodeString = (raw: string): string =>
  raw.includes("\\")
    ? raw.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code?: string, character?: string) =>
        code === undefined
          ? (escaped[character!] ?? character!)
          : String.fromCharCode(Number.parseInt(code, 16)),
      )
    : raw;

const encodeString = (text: string): string => JSON.stringify(text).slice(1, -1);
