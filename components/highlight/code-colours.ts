/** What a piece of code is, as far as its colour goes; the names of shiki's theme of variables. */
export const roles = [
  "foreground",
  "keyword",
  "string",
  "string-expression",
  "comment",
  "constant",
  "function",
  "parameter",
  "punctuation",
  "link",
] as const;

export type Role = (typeof roles)[number];

/** A line as pairs of numbers: how long a piece is (UTF-16 units) and which of the roles it has. */
export type ColouredLine = readonly number[];

export interface ColourRequest {
  text: string;
  /** Name of a grammar. */
  language: string;
}

/** One for each line of the text. */
export type ColourAnswer = readonly ColouredLine[];
