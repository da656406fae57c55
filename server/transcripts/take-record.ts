import type { ElementQueue } from "./element-queue.ts";
import type { FoundPlace } from "./found-place.ts";
import type { TranscriptReader } from "./transcript-format.ts";

/**
 * Gives a record to the reader. What a record may hold nobody knows: one that the reader fails at is a skip in its place,
 * and the next one is read.
 */
export function takeRecord(queue: ElementQueue, reader: TranscriptReader, found: FoundPlace): void {
  const { offset, byteLength } = found;
  queue.place = { offset, byteLength };
  if ("problem" in found) queue.skip({ reason: found.problem });
  else orSkip(queue, () => reader.read(found.record));
}

/** No record follows. The reader may still have one to tell. */
export const finishReader = (queue: ElementQueue, reader: TranscriptReader): void =>
  orSkip(queue, () => reader.finish());

function orSkip(queue: ElementQueue, read: () => void): void {
  try {
    read();
  } catch {
    queue.skip({ reason: "The record could not be read" });
  }
}
