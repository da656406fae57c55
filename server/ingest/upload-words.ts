export const IDEMPOTENCY_KEY_MAX_CHARACTERS = 200;
const NAME_MAX_CHARACTERS = 255;

/** Printable ASCII, not too long. */
export const isIdempotencyKey = (text: string): boolean =>
  /^[\x20-\x7e]+$/.test(text) && text.length <= IDEMPOTENCY_KEY_MAX_CHARACTERS;

/** A file's name for people to recognise the upload by; never a path. Null when nothing of it is left. */
export function cleanUploadName(name: string | null): string | null {
  // oxlint-disable-next-line no-control-regex -- names with control characters are what is looked for
  const printable = name?.replace(/[\x00-\x1f\x7f\p{Surrogate}]/gu, "");
  const clean = printable?.split(/[\\/]/).at(-1);
  return clean ? clean.slice(0, NAME_MAX_CHARACTERS) : null;
}
