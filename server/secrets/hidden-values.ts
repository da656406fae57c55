/** Words of names, one of which makes a secret of the value. */
const SECRET_WORD =
  /^(?:KEYS?|SECRETS?|PASS|PASSWORDS|PWD|PIN|CREDENTIALS?|AUTH|PRIVATE|SIGNATURE|COOKIE|DSN|(?:WEB)?HOOK)$/;
/** Also written together with the word before, as in PGPASSWORD. */
const SECRET_ENDING =
  /(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|(?:API|ACCESS|SECRET|PRIVATE)KEY)$/;
/** Last words of names: the value tells of the secret, and is none where it is plain. */
const TELLS_OF_IT =
  /^(?:NAME|FILE|PATH|DIR|MODE|TYPE|METHOD|HOST|PORT|LIMIT|LENGTH|SIZE|COUNT|TTL|TIMEOUT)$/;
/** Last words of names whose values are in everybody's mouth, and hold more than a word. */
const TELLS_NAME = /^(?:NAME|EMAIL|MODEL|REGION)$/;

const PLAIN = [
  // Words.
  /^[a-z]{1,24}(?:[-_][a-z]{1,24})*$/i,
  // Numbers, times, versions.
  /^[\d.,:]+$/,
  // Paths, also several.
  /^(?:~|\.{1,2})?\/[\w.@+/-]*(?::\/[\w.@+/-]*)*$/,
  // Addresses without a name, a query, or a part that could be what lets somebody in.
  /^https?:\/\/[a-z\d.:-]+(?:\/(?:v\d{1,2}|[a-z][a-z._-]{0,23}))*\/?$/,
];
const NAME_LIKE = /^[\p{L}\d][\p{L}\d .:/@+'_-]*$/u;
const RANDOM_MIN_CHARACTERS = 12;

/**
 * Values of variables that an agent must not repeat to others. Nobody said which are secret, so it is everything but
 * what is plainly none: hidden as well, `production` or the name of a model would be gone from ordinary text.
 */
export function hiddenValues(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables)
    .filter(([name, value]) => isSecret(name, value.trim()))
    .map(([, value]) => value);
}

function isSecret(name: string, value: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? "";
  const isPlain = PLAIN.some((pattern) => pattern.test(value));
  if (namesSecret(words)) return !(isPlain && TELLS_OF_IT.test(last));
  return !isPlain && !(TELLS_NAME.test(last) && isNameLike(value));
}

/** In capitals: of `apiKey_2`, `API` and `KEY`. */
const wordsOf = (name: string) =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .split(/[^A-Z]+/)
    .filter((word) => word !== "");

/** The shell's own PWD is the folder that it is in. */
const namesSecret = (words: readonly string[]) =>
  words.join("_") !== "PWD" &&
  words.some((word) => SECRET_WORD.test(word) || SECRET_ENDING.test(word));

const isNameLike = (value: string) =>
  NAME_LIKE.test(value) && !value.includes("://") && !value.split(/[^A-Za-z\d_]+/).some(isRandom);

const isRandom = (part: string) =>
  part.length >= RANDOM_MIN_CHARACTERS &&
  /[a-z]/.test(part) &&
  /[A-Z]/.test(part) &&
  /\d/.test(part);
