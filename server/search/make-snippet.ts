import type { TextRange } from "#lib/search-hit.ts";
import type { Search, SearchClause } from "./parse-search.ts";
import { innerTokens, tokenize, type Token } from "./search-words.ts";

export interface Snippet {
  /** Plain text: spaces and line ends are single spaces. */
  text: string;
  /** What was found in it, ascending, apart from each other; UTF-16 units. */
  ranges: TextRange[];
}

const SNIPPET_CHARACTERS = 220;
/** What stands before the first find. */
const LEAD_CHARACTERS = 60;
const ELLIPSIS = "… ";

/** The place of a text that has most of what was searched for, with these marked. Its beginning when nothing is found. */
export function makeSnippet(source: string, search: Search): Snippet {
  const text = source.replace(/\s+/g, " ").trim();
  const found = findRanges(text, search);
  const start = startOf(text, found);
  const end = cutPoint(text, Math.min(text.length, start + SNIPPET_CHARACTERS));
  const lead = start > 0 ? ELLIPSIS : "";
  const shift = lead.length - start;
  return {
    text: lead + text.slice(start, end) + (end < text.length ? " …" : ""),
    ranges: found
      .filter((range) => range.start >= start && range.end <= end)
      .map((range) => ({ start: range.start + shift, end: range.end + shift })),
  };
}

/** Where the clauses hold in the text, ascending; what overlaps is one range. */
export function findRanges(text: string, search: Search): TextRange[] {
  const clauses = search.flat().filter((clause) => !clause.isNegated);
  const tokens = [...tokenize(text)];
  const ranges = clauses.flatMap((clause) => findClause(text, tokens, clause));
  if (ranges.length === 0)
    ranges.push(...clauses.flatMap(({ literal }) => findLiteral(text, literal)));
  return join(ranges);
}

function findClause(text: string, tokens: readonly Token[], clause: SearchClause): TextRange[] {
  const { words, isPrefix } = clause;
  const [only] = words;
  const isLast = (index: number) => index === words.length - 1;
  const fits = (token: Token | undefined, index: number) =>
    token !== undefined &&
    (token.word === words[index] ||
      (isPrefix && isLast(index) && token.word.startsWith(words[index] ?? "")));
  if (only === undefined) return [];
  return tokens.flatMap((token, at): TextRange[] => {
    const last = tokens[at + words.length - 1];
    if (last && words.every((_, index) => fits(tokens[at + index], index)))
      return [{ start: token.start, end: endOf(text, last, words.at(-1) ?? "") }];
    return words.length > 1 ? [] : innerTokens(text, token).filter((inner) => fits(inner, 0));
  });
}

/** Of a word that goes on, only what was typed is marked, where that can be told. */
function endOf(text: string, { start, end }: Token, typed: string): number {
  const typedEnd = start + typed.length;
  return text.slice(start, typedEnd).toLowerCase() === typed ? typedEnd : end;
}

function findLiteral(text: string, literal: string): TextRange[] {
  const ranges: TextRange[] = [];
  const pattern = new RegExp(escapePattern(literal), "giu");
  for (const { 0: found, index } of text.matchAll(pattern))
    ranges.push({ start: index, end: index + found.length });
  return ranges;
}

const escapePattern = (text: string) => text.replace(/[$()*+./?[\\\]^{|}]/g, String.raw`\$&`);

function join(ranges: readonly TextRange[]): TextRange[] {
  const joined: TextRange[] = [];
  for (const { start, end } of ranges.toSorted((one, other) => one.start - other.start)) {
    const last = joined.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ start, end });
  }
  return joined;
}

/** Where a snippet begins that shows most ranges: a little before one of them, between two words. */
function startOf(text: string, ranges: readonly TextRange[]): number {
  let best = 0;
  let bestCount = 0;
  for (const [at, { start }] of ranges.entries()) {
    let next = at;
    while ((ranges[next]?.end ?? Infinity) <= start - LEAD_CHARACTERS + SNIPPET_CHARACTERS)
      next += 1;
    if (next - at > bestCount) [best, bestCount] = [start, next - at];
  }
  if (best <= LEAD_CHARACTERS) return 0;
  const space = text.indexOf(" ", best - LEAD_CHARACTERS);
  return space === -1 || space >= best ? cutPoint(text, best) : space + 1;
}

/** Not inside of a pair of surrogates. */
function cutPoint(text: string, at: number): number {
  const isInside =
    /[\uDC00-\uDFFF]/.test(text[at] ?? "") && /[\uD800-\uDBFF]/.test(text[at - 1] ?? "");
  return isInside ? at - 1 : at;
}
