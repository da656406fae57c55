import { JsonPieces } from "#lib/json-pieces.ts";

/** Characters of a snippet on each side. */
const CONTEXT_CHARACTERS = 60;
/** Names of members are not longer, if they are of any interest. */
const NAME_MAX_CHARACTERS = 64;
/** Ids, kinds and the like are no text that a reader sees. */
const SILENT_MEMBERS: ReadonlySet<string> = new Set([
  "id",
  "sessionID",
  "messageID",
  "parentID",
  "callID",
  "type",
  "role",
  "snapshot",
]);

export interface FoundText {
  count: number;
  snippet: { before: string; match: string; after: string };
}

/** Inside of an object or a list. */
interface Level {
  isObject: boolean;
  /** What is in it is not looked at. */
  isSilent: boolean;
}

/**
 * Counts a text in the values of a JSON text, whatever its case and however JSON writes it; names of members do not
 * count. The JSON comes in pieces of any size; of it one piece is held, and of a string as much as a match and its
 * surroundings take.
 */
export class TextFinder {
  readonly #pattern: RegExp;
  readonly #textLength: number;
  readonly #levels: Level[] = [];
  readonly #pieces = new JsonPieces();
  /** The string that is open, or the next one, names a member. */
  #isName = false;
  #name = "";
  /** Of the string that is open: what a match may still begin in, and what stands before that. */
  #held = "";
  /** Position in `#held` from which on nothing was looked for. */
  #next = 0;
  #count = 0;
  #snippet: FoundText["snippet"] | null = null;

  constructor(text: string) {
    this.#pattern = new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`), "giu");
    this.#textLength = text.length;
  }

  push(json: string): void {
    for (const { isString, text, isEnd } of this.#pieces.push(json)) {
      if (isString) this.#take(text, isEnd);
      else this.#readStructure(text);
    }
  }

  /** What was found until now; null for nothing. */
  get found(): FoundText | null {
    return this.#snippet === null ? null : { count: this.#count, snippet: this.#snippet };
  }

  #readStructure(json: string): void {
    for (const character of json) {
      if (character === "{" || character === "[") this.#open(character === "{");
      else if (character === "}" || character === "]") this.#close();
      if (character === ":" || character === "[") this.#isName = false;
      else if (character === "," || character === "{" || character === "}" || character === "]")
        this.#isName = this.#levels.at(-1)?.isObject ?? false;
    }
    this.#held = "";
    this.#next = 0;
  }

  #open(isObject: boolean): void {
    this.#levels.push({ isObject, isSilent: this.#isSilent() });
    this.#name = "";
  }

  #close(): void {
    this.#levels.pop();
    this.#name = "";
  }

  /** Of the value that comes next. A list's are as silent as the list. */
  #isSilent(): boolean {
    const level = this.#levels.at(-1);
    return level !== undefined && (level.isSilent || SILENT_MEMBERS.has(this.#name));
  }

  #take(text: string, isLast: boolean): void {
    if (this.#isName) {
      this.#held = (this.#held + text).slice(0, NAME_MAX_CHARACTERS);
      if (isLast) this.#name = this.#held;
      return;
    }
    if (this.#isSilent()) return;
    this.#held += text;
    // A match too near to the end comes again with what follows it.
    const limit = this.#held.length - (isLast ? 0 : this.#textLength + CONTEXT_CHARACTERS);
    this.#pattern.lastIndex = this.#next;
    for (;;) {
      const match = this.#pattern.exec(this.#held);
      if (match === null || match.index > limit) break;
      this.#count += 1;
      this.#snippet ??= cutSnippet(this.#held, match.index, match[0].length);
      this.#next = match.index + match[0].length;
    }
    this.#next = Math.max(this.#next, limit);
    const kept = Math.max(0, this.#next - CONTEXT_CHARACTERS);
    this.#held = this.#held.slice(kept);
    this.#next -= kept;
  }
}

function cutSnippet(text: string, index: number, length: number): FoundText["snippet"] {
  const oneLine = (piece: string) => piece.replaceAll(/\s+/g, " ");
  return {
    before: oneLine(text.slice(Math.max(0, index - CONTEXT_CHARACTERS), index)),
    match: oneLine(text.slice(index, index + length)),
    after: oneLine(text.slice(index + length, index + length + CONTEXT_CHARACTERS)),
  };
}
