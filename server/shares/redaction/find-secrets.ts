import { isPictureText } from "./embedded-files.ts";
import { isLikelyPassword, isPlaceholder, isRandom } from "./is-likely-secret.ts";
import { findPrivateKeys, type Place } from "./find-private-keys.ts";
import {
  contextRules,
  definiteRules,
  privateKeyRule,
  secretName,
  type ContextRule,
} from "./secret-rules.ts";

/** A place in a text that holds a secret, or may. */
export interface FoundSecret {
  /** UTF-16 units. */
  start: number;
  end: number;
  /** Where the text begins that it is known by. */
  from: number;
  rule: string;
  isDefinite: boolean;
}

/** No secret that is looked for is longer: how much of a stream has to be held back. */
export const SECRET_MAX_CHARACTERS = 17_000;

/** Ends of escapes, which are letters and digits: of colours, of JSON in a text, of addresses. */
const ESCAPE = String.raw`\x1b\[[\d;]{0,16}[A-Za-z]|\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}`;

/** All rules with a prefix as one expression, so that a text is read once for them. */
const prefixed = new RegExp(
  `(?:(?<![A-Za-z0-9_])|(?<=${ESCAPE}))(?:${definiteRules.map(({ pattern }) => `(${pattern})`).join("|")})`,
  "g",
);

/**
 * Finds secrets in a text, in order, none over another; the surer one wins. `key` is the name of the JSON member whose
 * value the text is. Linear in the text's length.
 */
export function findSecrets(text: string, key: string | null = null): FoundSecret[] {
  if (text.length < 8 || isPictureText(text)) return [];
  const found = [
    ...findPrefixed(text),
    ...findPrivateKeys(text).map(asDefinite),
    ...contextRules.flatMap((rule) => findByContext(text, rule)),
  ];
  if (key !== null && secretName.test(key) && text.length <= 256 && isLikelyPassword(text))
    found.push({ start: 0, end: text.length, from: 0, rule: "assignment", isDefinite: false });
  return withoutOverlaps(found);
}

function findPrefixed(text: string): FoundSecret[] {
  return Array.from(text.matchAll(prefixed), (match) => {
    const group = match.findIndex((value, index) => index > 0 && value !== undefined);
    const { name } = definiteRules[group - 1]!;
    const { index } = match;
    return {
      start: index,
      end: index + match[0].length,
      from: index,
      rule: name,
      isDefinite: true,
    };
  }).filter(({ start, end }) => !/EXAMPLE|X{6}|x{6}/.test(text.slice(start, end)));
}

const asDefinite = ({ start, end }: Place): FoundSecret => ({
  start,
  end,
  from: start,
  rule: privateKeyRule.name,
  isDefinite: true,
});

function findByContext(text: string, { name, pattern, isDefinite }: ContextRule): FoundSecret[] {
  return Array.from(text.matchAll(pattern)).flatMap((match) => {
    const value = match.groups?.["value"] ?? "";
    if (!isSecret(name, value)) return [];
    const start = match.index + match[0].lastIndexOf(value);
    return [{ start, end: start + value.length, from: match.index, rule: name, isDefinite }];
  });
}

function isSecret(rule: string, value: string): boolean {
  switch (rule) {
    case "random":
      return isRandom(value);
    case "assignment":
      return isLikelyPassword(value);
    default:
      return !isPlaceholder(value);
  }
}

/** In order. What is certain wins over guesses; what overlaps otherwise is one secret, all of it. */
function withoutOverlaps(found: FoundSecret[]): FoundSecret[] {
  const definite = merge(found.filter(({ isDefinite }) => isDefinite));
  let next = 0;
  const possible = merge(found.filter(({ isDefinite }) => !isDefinite)).filter(({ start, end }) => {
    while (next < definite.length && definite[next]!.end <= start) next += 1;
    return definite[next] === undefined || definite[next]!.start >= end;
  });
  return [...definite, ...possible].toSorted(byStart);
}

const byStart = (one: FoundSecret, other: FoundSecret) => one.start - other.start;

function merge(found: FoundSecret[]): FoundSecret[] {
  const merged: FoundSecret[] = [];
  for (const secret of found.toSorted(byStart)) {
    const last = merged.at(-1);
    if (last && secret.start < last.end) {
      last.end = Math.max(last.end, secret.end);
      last.from = Math.min(last.from, secret.from);
    } else merged.push({ ...secret });
  }
  return merged;
}
