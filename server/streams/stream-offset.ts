import { AppError } from "#lib/errors.ts";

/**
 * Offsets as clients see them: two numbers of 16 digits, so that they sort as text. The first is always 0, as in
 * streams of the protocol's own server, whose tests write the offset of a stream's start in this form.
 */
const OFFSET = /^0{16}_([0-9]{16})$/;

/** Where a reader begins: at a byte, or at the end as it is when the server looks. */
export type ReadOffset = number | "now";

export const formatOffset = (position: number): string =>
  `${"0".repeat(16)}_${String(position).padStart(16, "0")}`;

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
