import { AppError } from "#lib/errors.ts";

const OFFSET = /^0{15}([01])_([0-9]{16})$/;

/** Where a reader begins: at a byte, or at the end as it is when the server looks. */
export interface ReadOffset {
  position: number | "now";
  /** Of an output, whose value had come in place of another. */
  isReplaced: boolean;
}

/** Throws `invalid_input` for what is no offset of ours. */
export function parseOffset(text: string, field = "offset"): number {
  const [, first, digits] = OFFSET.exec(text) ?? [];
  if (first === "0") return Number(digits);
  throw new AppError("invalid_input", "This is not an offset of a stream", { details: { field } });
}

/** The same, and `-1` (the start), `now`, and those of a value that came in place of another. */
export function parseReadOffset(text: string): ReadOffset {
  if (text === "-1") return { position: 0, isReplaced: false };
  if (text === "now") return { position: "now", isReplaced: false };
  const [, first, digits] = OFFSET.exec(text) ?? [];
  if (first === "1") return { position: Number(digits), isReplaced: true };
  return { position: parseOffset(text), isReplaced: false };
}
