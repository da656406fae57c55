import { AppError } from "#lib/errors.ts";

const OFFSET = /^0{16}_([0-9]{16})$/;

/** Where a reader begins: at a byte, or at the end as it is when the server looks. */
export type ReadOffset = number | "now";

/** Throws `invalid_input` for what is no offset of ours. */
export function parseOffset(text: string, field = "offset"): number {
  const digits = OFFSET.exec(text)?.[1];
  if (digits !== undefined) return Number(digits);
  throw new AppError("invalid_input", "This is not an offset of a stream", { details: { field } });
}

/** The same, and `-1` (the start) and `now`. */
export function parseReadOffset(text: string): ReadOffset {
  if (text === "-1") return 0;
  return text === "now" ? "now" : parseOffset(text);
}
