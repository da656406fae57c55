const PLACEHOLDER =
  /example|placeholder|changeme|change_me|your[_-]|redacted|hidden|dummy|sample|\*{3}|\.{3}|x{6}|\$\{|\$\(|process\.env|environ|<[^>]*>|^\$|null|undefined|true|false/i;
const WORDS_OF_DEVELOPERS = new Set([
  "password",
  "postgres",
  "secret",
  "passwd",
  "admin",
  "root",
  "test",
  "user",
  "pass",
]);
/** Ids and digests are random and no secrets. */
const ID_OR_DIGEST =
  /^(?:[0-9a-f]{7,128}|[0-9a-f]{8}-[0-9a-f-]{27,30}|(?:sha(?:256|384|512)|ses|msg|prt|exe|upl|call|toolu|req|chatcmpl)[-_][\w+/=-]+)$/i;

/** True for text that stands where a secret would: in examples, templates and code. */
export const isPlaceholder = (text: string): boolean =>
  PLACEHOLDER.test(text) || WORDS_OF_DEVELOPERS.has(text.toLowerCase()) || new Set(text).size < 5;

/** What somebody may have chosen as a password or key: no word, no path, no name in code. */
export function isLikelyPassword(text: string): boolean {
  if (isPlaceholder(text) || ID_OR_DIGEST.test(text)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(text)).length;
  return (
    kinds >= 2 && /\d|[^\w.-]/.test(text) && !/^[\w.]+\(|^[./~]|^https?:|^\w+(?:\.\w+)+$/.test(text)
  );
}

const RANDOM_BITS_MIN = 4.2;

/** True for text that no person writes: letters of both cases and digits, as mixed as chance mixes them. */
export function isRandom(text: string): boolean {
  if (ID_OR_DIGEST.test(text) || !/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text))
    return false;
  return !isPlaceholder(text) && entropyBits(text) >= RANDOM_BITS_MIN;
}

/** Shannon's entropy, bits for each character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
