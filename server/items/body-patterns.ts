/** Characters that JSON writes with a letter behind a backslash. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\b": "b",
  "\f": "f",
  "\n": "n",
  "\r": "r",
  "\t": "t",
};

/** Of a longer text only the beginning is in the expression. */
const ESCAPED_MAX_CHARACTERS = 24;

/**
 * A pattern for `ilike` that a body is like when it holds the text as JSON usually writes it. So may be other bodies, which
 * who asks has to look at. Null where `escapePattern` alone can tell: of upper and lower case a database may know nothing
 * beyond ASCII.
 */
export function likePattern(text: string): string | null {
  const characters = Array.from(text);
  if (characters.some((character) => character > "\u007f" && hasCase(character))) return null;
  return `%${characters.map(toLike).join("")}%`;
}

/**
 * A regular expression of PostgreSQL, for `~*`, for bodies that hold the text, each character as itself or as `\uXXXX`.
 * Slow: it is for bodies with a `\u` in them, and for texts without a `likePattern`.
 */
export function escapePattern(text: string): string {
  const characters = Array.from(text).slice(0, ESCAPED_MAX_CHARACTERS);
  return characters.map(toAlternatives).join("");
}

function toLike(character: string): string {
  if (character === '"') return String.raw`\\"`;
  if (character === "\\") return String.raw`\\\\`;
  if (character === "/") return "%/";
  if (character < " ") return String.raw`\\%`;
  return quoteLike(character);
}

const quoteLike = (character: string) => character.replace(/[\\%_]/, String.raw`\$&`);

const hasCase = (character: string) => character.toLowerCase() !== character.toUpperCase();

function toAlternatives(character: string): string {
  const forms = new Set([character, character.toLowerCase(), character.toUpperCase()]);
  const ways = [...forms].flatMap((form) => [...literally(form), escapeUnits(form)]);
  return `(?:${ways.join("|")})`;
}

/** As JSON writes it without its number. */
function literally(form: string): string[] {
  if (form === '"' || form === "\\") return [String.raw`\\` + quotePattern(form)];
  if (form === "/") return [String.raw`\\?/`];
  if (form >= " ") return [Array.from(form, quotePattern).join("")];
  const letter = SHORT_ESCAPES[form];
  return letter === undefined ? [] : [String.raw`\\` + letter];
}

const quotePattern = (character: string) =>
  /[!-/:-@[-`{-~]/.test(character) ? `\\${character}` : character;

const escapeUnits = (form: string) =>
  Array.from({ length: form.length }, (_, n) => {
    const digits = form.charCodeAt(n).toString(16).padStart(4, "0");
    return String.raw`\\u${digits}`;
  }).join("");
