import { open } from "node:fs/promises";
import { ITEM_MAX_BYTES } from "#lib/limits.ts";

/** What is sent at a time: applied before the server answers. */
const STEP_BYTES = 512 * 1024;
const NEWLINE = 0x0a;

/** How far a file of lines was read. */
export interface LinePlace {
  offset: number;
  /** Amid a line that no item can be: the rest of it is passed over. */
  isInLongLine: boolean;
}

export interface Step {
  /** Whole lines; null for a piece of a line that is passed over. */
  lines: Buffer | null;
  next: LinePlace;
}

/**
 * Whole lines of a file of `size` bytes from a place on, about 512 KiB of them or as much as one line takes; a line of
 * more than `lineMaxBytes` is passed over piece by piece, whether or not its end is there. Null when there is neither.
 * Holds `lineMaxBytes` at most, for a moment with a quarter of it beside.
 */
export async function readStep(
  path: string,
  { offset, isInLongLine }: LinePlace,
  { size, lineMaxBytes = ITEM_MAX_BYTES }: { size: number; lineMaxBytes?: number },
): Promise<Step | null> {
  const file = await open(path, "r");
  try {
    for (let length = STEP_BYTES; ; length *= 4) {
      const wanted = Math.min(length, lineMaxBytes + 1, size - offset);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, offset);
      const bytes = buffer.subarray(0, bytesRead);
      const end = (isInLongLine ? bytes.indexOf(NEWLINE) : bytes.lastIndexOf(NEWLINE)) + 1;
      if (end > 0) {
        const next = { offset: offset + end, isInLongLine: false };
        return { lines: isInLongLine ? null : bytes.subarray(0, end), next };
      }
      if (bytesRead > lineMaxBytes || (isInLongLine && bytesRead > 0))
        return { lines: null, next: { offset: offset + bytesRead, isInLongLine: true } };
      if (bytesRead < length) return null;
    }
  } finally {
    await file.close();
  }
}
