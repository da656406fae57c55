import { randomBytes } from "node:crypto";
import { JsonPieces } from "#lib/json-pieces.ts";

/** Longer texts are not held. */
const LONG_CHARACTERS = 65_536;
/** A body that takes more than this without its long texts is none that can be laid out. */
const OUTLINE_MAX_CHARACTERS = 4 * 1024 * 1024;
/** Where a picture's own bytes begin. */
const PICTURE_START = /^data:image\/(?:png|jpeg|gif|webp);base64,/;
const PICTURE_REST = /^[A-Za-z0-9+/]*={0,2}$/;

/** A body without its long texts. */
export interface BodyOutline {
  /** JSON with a mark in place of each long text; null when there is too much of it even so. */
  json: string | null;
  /** In their order: how far a text's mark stands for it, from its beginning. */
  skips: readonly number[];
  /** Backticks in the longest row that any of its texts has. */
  longestTicks: number;
}

/** What no text has in it. */
export const createNonce = () => `Long${randomBytes(12).toString("hex")}`;

/**
 * What stands for a long text: letters and digits, so that nothing on its way changes it, and as many backticks as the
 * text has in a row, so that a fence around it is long enough. Of a picture the letters alone.
 */
export const markOf = (nonce: string, n: number, { longestTicks = 0 } = {}) =>
  `${nonce}x${n}x${"`".repeat(longestTicks > TICKS_MAX ? 2 * TICKS_MAX : longestTicks)}`;

/** Longer rows of backticks are broken where they are written. */
export const TICKS_MAX = 500;

/** Finds marks; the number is the first group. */
export const marksOf = (nonce: string) => new RegExp(`${nonce}x(\\d+)x\`*`, "g");

/** Reads a body of any size through, and holds what is short of it. `nonce` is what no text has in it. */
export async function readOutline(
  chunks: AsyncIterable<string>,
  nonce: string,
): Promise<BodyOutline> {
  const outline = new OutlineReader(nonce);
  for await (const chunk of chunks) outline.push(chunk);
  return outline.end();
}

class OutlineReader {
  readonly #nonce: string;
  readonly #pieces = new JsonPieces();
  #json = "";
  #isTooMuch = false;
  readonly #skips: number[] = [];
  /** Of the string that is open, as far as it is short. */
  #held = "";
  #isLong = false;
  #skip = 0;
  #isPicture = false;
  #longestTicks = 0;
  #openTicks = 0;

  constructor(nonce: string) {
    this.#nonce = nonce;
  }

  push(chunk: string): void {
    for (const { isString, text, isEnd } of this.#pieces.push(chunk)) {
      this.#countTicks(text);
      if (!isString) this.#write(text);
      else this.#take(text, isEnd);
    }
  }

  end(): BodyOutline {
    const longestTicks = this.#longestTicks;
    const json = this.#json.replaceAll(marksOf(this.#nonce), (mark, n: string) =>
      this.#skips[Number(n)] === 0 ? markOf(this.#nonce, Number(n), { longestTicks }) : mark,
    );
    return {
      json: this.#isTooMuch ? null : json,
      skips: this.#skips,
      longestTicks: this.#longestTicks,
    };
  }

  #take(text: string, isEnd: boolean): void {
    if (this.#isLong) this.#isPicture &&= PICTURE_REST.test(text);
    else {
      this.#held += text;
      if (this.#held.length > LONG_CHARACTERS) this.#beginLong();
    }
    if (!isEnd) return;
    if (this.#isLong) this.#endLong();
    else this.#write(JSON.stringify(this.#held));
    this.#held = "";
    this.#isLong = false;
    this.#openTicks = 0;
  }

  #beginLong(): void {
    this.#isLong = true;
    const start = PICTURE_START.exec(this.#held)?.[0] ?? "";
    this.#skip = start.length;
    this.#isPicture = start !== "" && PICTURE_REST.test(this.#held.slice(start.length));
    this.#held = start;
  }

  /** Of a picture the mark stands for its bytes alone: what comes before tells that it is one. */
  #endLong(): void {
    const start = this.#isPicture ? this.#held : "";
    const mark = markOf(this.#nonce, this.#skips.length);
    this.#skips.push(this.#isPicture ? this.#skip : 0);
    this.#write(JSON.stringify(start + mark));
  }

  #write(text: string): void {
    this.#isTooMuch ||= this.#json.length + text.length > OUTLINE_MAX_CHARACTERS;
    if (this.#isTooMuch) this.#json = "";
    else this.#json += text;
  }

  #countTicks(text: string): void {
    for (const { 0: row, index } of text.matchAll(/`+/g)) {
      const length = row.length + (index === 0 ? this.#openTicks : 0);
      this.#longestTicks = Math.max(this.#longestTicks, length);
    }
    let start = text.length;
    while (text[start - 1] === "`") start -= 1;
    const last = text.length - start;
    this.#openTicks = last === text.length ? this.#openTicks + last : last;
  }
}

/** The texts of a body, decoded, piece by piece: of long ones, numbered from 0, what stands behind their skip. */
export async function* readLongTexts(
  chunks: AsyncIterable<string>,
  skips: readonly number[],
): AsyncGenerator<{ n: number; text: string }> {
  const pieces = new JsonPieces();
  let n = 0;
  let held = "";
  let isLong = false;
  for await (const chunk of chunks) {
    for (const { isString, text, isEnd } of pieces.push(chunk)) {
      if (!isString) continue;
      held += text;
      if (!isLong && held.length > LONG_CHARACTERS) {
        isLong = true;
        held = held.slice(skips[n] ?? 0);
      }
      if (isLong) {
        yield { n, text: held };
        held = "";
      }
      if (!isEnd) continue;
      if (isLong) n += 1;
      held = "";
      isLong = false;
    }
  }
}
