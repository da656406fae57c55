/** A word where it stands in a text. */
export interface Token {
  /** UTF-16 units from the beginning of the text, as JavaScript and browsers count. */
  start: number;
  end: number;
  /** As it is compared: composed, lower case. */
  word: string;
}

/** Scripts without spaces go by their characters; neighbours then are a phrase. */
const UNSPACED = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]`;
const TOKEN = new RegExp(String.raw`${UNSPACED}\p{M}*|(?:(?!${UNSPACED})[\p{L}\p{N}\p{M}])+`, "gu");
const NO_LETTER = /[^\p{L}\p{N}\p{M}]+/gu;
/** Between the words of `readItemsAfter` and of `HTTPServer`. */
const HUMP = /(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;
/** Longer ones are no words: hashes, keys, what base64 leaves between its slashes. */
const WORD_MAX_CHARACTERS = 100;
/** Different parts of names that a text is found by, beside its words. */
const INNER_WORDS_MAX = 1_000;

/** Most texts are ASCII, and three times as fast without Unicode's tables. */
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;
const ASCII_TOKEN = /[A-Za-z0-9]+/g;

/** The words of a text: letters, digits and their marks, whatever stands between them. */
export function* tokenize(text: string): Generator<Token> {
  for (const { 0: found, index } of text.matchAll(ASCII.test(text) ? ASCII_TOKEN : TOKEN)) {
    const word = found.length > WORD_MAX_CHARACTERS ? "" : toWord(found);
    if (word !== "") yield { start: index, end: index + found.length, word };
  }
}

/** The words that a name in camel case is made of; nothing for what is one word. */
export function innerTokens(text: string, { start, end }: Token): Token[] {
  const pieces = text.slice(start, end).split(HUMP);
  if (pieces.length === 1) return [];
  let next = start;
  return pieces.map((piece) => {
    const token = { start: next, end: next + piece.length, word: toWord(piece) };
    next = token.end;
    return token;
  });
}

/**
 * A text as the index gets it: its words in their order, then the parts of names in camel case. Punctuation is gone, so
 * that PostgreSQL's own parser, which takes a path or an address for a single word, has nothing to decide.
 */
export function toSearchWords(text: string): string {
  const words: string[] = [];
  const inner = new Set<string>();
  for (const token of tokenize(text)) {
    words.push(token.word);
    if (inner.size < INNER_WORDS_MAX)
      for (const { word } of innerTokens(text, token)) inner.add(word);
  }
  return [...words, ...inner].join(" ");
}

function toWord(found: string): string {
  if (ASCII.test(found)) return found.toLowerCase();
  const word = found.normalize("NFKC").toLowerCase();
  return word.replace(NO_LETTER, "");
}
