/** Digits of a millisecond time, so that times compare as text. */
const TIME_DIGITS = 16;

/**
 * Where a message stands in its transcript, compared byte by byte: when it was made, else its id. Writer and pages have
 * this one rule.
 */
export function messageSortKey(createdMs: number | null, messageId: string): string {
  return createdMs === null || createdMs < 0 ? messageId : paddedNumber(createdMs);
}

/** A number of at most 16 digits as text that sorts like it. */
export const paddedNumber = (value: number) => value.toFixed(0).padStart(TIME_DIGITS, "0");
