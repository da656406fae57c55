/** A stretch of JSON between strings, or a piece of a string that is decoded. */
export interface JsonPiece {
  isString: boolean;
  text: string;
  /** Of a string: nothing more of it comes. */
  isEnd: boolean;
}

/**
 * Cuts JSON text that comes in pieces of any size into strings, decoded, and what stands between them. Nothing of it is
 * held but the beginning of an escape. Of what is no JSON comes what looks like it.
 */
export class JsonPieces {
  #rest = "";
  #isInString = false;

  *push(piece: string): Generator<JsonPiece> {
    const json = this.#rest + piece;
    this.#rest = "";
    for (let at = 0; at < json.length;) {
      const end = this.#isInString ? findQuote(json, at) : json.indexOf('"', at);
      if (this.#isInString) {
        const stop = end === -1 ? findOpenEscape(json, at) : end;
        const text = unescapeJson(json.slice(at, stop));
        if (end === -1) this.#rest = json.slice(stop);
        if (text !== "" || end !== -1) yield { isString: true, text, isEnd: end !== -1 };
      } else {
        yield { isString: false, text: json.slice(at, end === -1 ? undefined : end), isEnd: true };
      }
      if (end === -1) return;
      this.#isInString = !this.#isInString;
      at = end + 1;
    }
  }
}

/** Where the string ends; -1 when it goes on behind the text. */
function findQuote(json: string, from: number): number {
  const pattern = /["\\]/g;
  pattern.lastIndex = from;
  for (let match = pattern.exec(json); match !== null; match = pattern.exec(json)) {
    if (match[0] === '"') return match.index;
    pattern.lastIndex = match.index + 2;
  }
  return -1;
}

/** Where an escape begins that the text ends in the middle of; its length when there is none. */
function findOpenEscape(json: string, from: number): number {
  const start = Math.max(from, json.length - 5);
  const last = json.slice(start).search(/\\u?[0-9a-fA-F]{0,3}$/);
  if (last === -1) return json.length;
  const at = start + last;
  let backslashes = 0;
  while (at - backslashes >= from && json[at - backslashes] === "\\") backslashes += 1;
  return backslashes % 2 === 1 ? at : json.length;
}

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

const unescapeJson = (raw: string): string =>
  raw.includes("\\")
    ? raw.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, code?: string, character = "") =>
        code === undefined
          ? (escapes[character] ?? character)
          : String.fromCharCode(Number.parseInt(code, 16)),
      )
    : raw;
