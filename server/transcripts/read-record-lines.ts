import { type Line, readLines } from "#server/batches/read-lines.ts";
import type { FoundPlace } from "./found-place.ts";
import { readRecord } from "./read-record.ts";

/**
 * The records of a transcript that has one on each line. A line that is longer than `recordMaxBytes` is passed over
 * without being held. Records are valid as long as anybody wants them.
 */
export async function* readRecordLines(
  source: AsyncIterable<Uint8Array>,
  { recordMaxBytes }: { recordMaxBytes: number },
): AsyncGenerator<FoundPlace[]> {
  for await (const lines of readLines(source, { heldMaxBytes: recordMaxBytes })) {
    const found: FoundPlace[] = [];
    for (const line of lines) found.push(await readLine(line, recordMaxBytes));
    yield found;
  }
}

async function readLine(line: Line, recordMaxBytes: number): Promise<FoundPlace> {
  const { offset } = line;
  if (!line.isLong) {
    const bytes = line.chunk.subarray(line.start, line.end);
    return { ...readRecord(bytes), offset, byteLength: bytes.byteLength };
  }
  let byteLength = 0;
  for await (const piece of line.bytes) byteLength += piece.byteLength;
  return {
    problem: `The record is larger than ${recordMaxBytes} bytes`,
    offset,
    byteLength,
  };
}
