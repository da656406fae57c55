import { AppError } from "#lib/errors.ts";
import type { BatchLine } from "./batch-line.ts";
import { type LineRules, readBatchLine } from "./read-batch-line.ts";
import { type LongLine, readLines } from "./read-lines.ts";

const GROUP_LINES_MAX = 500;
const GROUP_MAX_BYTES = 1024 * 1024;

/** Lines that go into the database together. */
export interface LineGroup {
  lines: BatchLine[];
  /** That are held. */
  heldBytes: number;
}

interface GatherOptions {
  rules: LineRules;
  /** Lines of one body, at most. */
  linesMax: number;
  /** A longer line goes to `takeLong`. */
  heldMaxBytes: number;
  /** Reads the line to its end before it resolves. */
  takeLong(line: LongLine): Promise<BatchLine>;
}

/**
 * Reads a body line by line, in groups: what has come is handed on before more is waited for. A group holds at most 500
 * lines and, but for its last line, 1 MiB. Long lines are taken one after the other, in the place where they stand.
 * Throws `too_large` at the first line above `linesMax`.
 */
export async function* gatherLines(
  source: AsyncIterable<Uint8Array>,
  { rules, linesMax, heldMaxBytes, takeLong }: GatherOptions,
): AsyncGenerator<LineGroup> {
  let group: LineGroup = { lines: [], heldBytes: 0 };
  for await (const lines of readLines(source, { heldMaxBytes })) {
    for (const line of lines) {
      if (line.position >= linesMax) {
        if (group.lines.length > 0) yield group;
        throw new AppError("too_large", `A request brings at most ${linesMax} lines`);
      }
      if (line.isLong && group.lines.length > 0) {
        yield group;
        group = { lines: [], heldBytes: 0 };
      }
      const read = line.isLong ? await takeLong(line) : readBatchLine(line, rules);
      group.lines.push(read);
      if (!line.isLong) group.heldBytes += read.bytes;
      if (group.lines.length < GROUP_LINES_MAX && group.heldBytes < GROUP_MAX_BYTES) continue;
      yield group;
      group = { lines: [], heldBytes: 0 };
    }
    if (group.lines.length === 0) continue;
    yield group;
    group = { lines: [], heldBytes: 0 };
  }
}
