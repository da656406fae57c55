import { tokenize } from "./search-words.ts";

/** One thing that a text must have, or must not. */
export interface SearchClause {
  /** As typed, without quotes; for titles, and for places inside of words. */
  literal: string;
  /** They follow each other; none when the literal has no letter. */
  words: string[];
  /** The last word may go on. */
  isPrefix: boolean;
  isNegated: boolean;
}

/** One of the alternatives must hold; of an alternative, all clauses. Each has a clause that is not negated. */
export type Search = SearchClause[][];

const CLAUSES_MAX = 32;
const PIECE = /(-?)"([^"]*)("?)|([^\s"]+)/g;

/**
 * What somebody typed, understood as PostgreSQL's `websearch_to_tsquery` does: `"one after the other"`, `-without`,
 * `this or that`. Beyond that the word that is being typed, and every `word*`, may go on. Never fails: what means
 * nothing is left out, and nothing at all finds nothing.
 */
export function parseSearch(query: string): Search {
  const alternatives: Search = [[]];
  for (const match of [...query.matchAll(PIECE)].slice(0, CLAUSES_MAX)) {
    if (match[4]?.toLowerCase() === "or") alternatives.push([]);
    else {
      const isLast = match.index + match[0].length === query.length;
      const clause = toClause(match, isLast);
      if (clause) alternatives.at(-1)?.push(clause);
    }
  }
  return alternatives.filter((clauses) => clauses.some((clause) => !clause.isNegated));
}

function toClause(match: RegExpExecArray | RegExpMatchArray, isLast: boolean): SearchClause | null {
  const [, minus, quoted, , bare] = match;
  if (quoted !== undefined) {
    const literal = quoted.trim();
    if (literal === "") return null;
    return { literal, words: wordsOf(literal), isPrefix: false, isNegated: minus === "-" };
  }
  const isNegated = /^-./.test(bare ?? "");
  const isStarred = /.\*$/.test(bare ?? "");
  const literal = (bare ?? "").slice(isNegated ? 1 : 0, isStarred ? -1 : undefined);
  return {
    literal,
    words: wordsOf(literal),
    isPrefix: isStarred || (isLast && !isNegated),
    isNegated,
  };
}

const wordsOf = (text: string) => Array.from(tokenize(text), (token) => token.word);

/** For `to_tsquery('simple', …)`, which cannot fail on it; null when there is no word to find. */
export function toTsQuery(search: Search): string | null {
  const alternatives = search
    .map((clauses) => clauses.filter((clause) => clause.words.length > 0))
    .filter((clauses) => clauses.some((clause) => !clause.isNegated))
    .map((clauses) => clauses.map(toTerm).join(" & "));
  return alternatives.length === 0 ? null : alternatives.join(" | ");
}

function toTerm({ words, isPrefix, isNegated }: SearchClause): string {
  const phrase = words.map((word) => `'${word}'`).join(" <-> ");
  return `${isNegated ? "!" : ""}(${phrase}${isPrefix ? ":*" : ""})`;
}
