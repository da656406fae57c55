import type { LineFault } from "#lib/batch.ts";
import type { BatchLine } from "./batch-line.ts";
import type { LineResult } from "./store-lines.ts";

/** Of conflicts and of bad lines, as many as this are named in an answer; all are counted. */
const NAMED_MAX = 1_000;

export interface RefusedLine {
  /** What the line says of itself, in or out of range, else where it is among the lines; null when it belongs nowhere. */
  index: number | null;
  line: number;
  offset: number;
  fault: LineFault | "batch_closed";
  reason: string;
}

export interface ReceivedLines {
  accepted: number;
  deduplicated: number;
  conflictCount: number;
  conflicts: { index: number; sha256: string; storedSha256: string }[];
  /** Lines that failed before anybody worked on them. */
  refusedCount: number;
  refused: RefusedLine[];
  /** Of these, lines above the limit. */
  oversized: number;
  sealed: boolean;
  /** Lines that the batch has now. */
  received: number;
  expected: number | null;
  missing: [from: number, to: number][];
  isMissingCut: boolean;
}

export const batchClosed = {
  fault: "batch_closed",
  reason: "The batch takes no more lines",
} as const;

type LineKey = Pick<BatchLine, "position" | "sha256">;

const keyOf = ({ position, sha256 }: LineKey) => `${position}/${sha256}`;

export type Tally = ReturnType<typeof createTally>;

/** What became of the lines of one request. */
export function createTally() {
  const counts = {
    accepted: 0,
    deduplicated: 0,
    conflictCount: 0,
    refusedCount: 0,
    oversized: 0,
  };
  const conflicts: ReceivedLines["conflicts"] = [];
  const refused: RefusedLine[] = [];
  /** Of the refused ones, those that say no index, by their place and content. */
  const withoutIndex = new Map<string, { line: BatchLine; answer: RefusedLine }>();

  const refuse = (line: BatchLine, fault: RefusedLine["fault"], reason: string) => {
    counts.refusedCount += 1;
    if (fault === "too_large") counts.oversized += 1;
    const { index, number, offset } = line;
    if (refused.length === NAMED_MAX) return;
    const answer = { index, line: number, offset, fault, reason };
    refused.push(answer);
    if (index === null) withoutIndex.set(keyOf(line), { line, answer });
  };

  return {
    counts,
    conflicts,
    refused,
    statesIndex: false,
    get withoutIndex() {
      return [...withoutIndex.values()].map(({ line }) => line);
    },
    /** Of lines without an index, those whose place was made it. */
    tellPlaces(placed: readonly LineKey[]) {
      for (const line of placed) {
        const answer = withoutIndex.get(keyOf(line))?.answer;
        if (answer) answer.index = line.position;
      }
    },
    get lineCount() {
      return counts.accepted + counts.deduplicated + counts.conflictCount + counts.refusedCount;
    },
    /** Without a result for a line that belongs nowhere. */
    add(line: BatchLine, result?: LineResult) {
      if (line.fault !== null) return refuse(line, line.fault, line.reason);
      if (result?.outcome === "accepted") counts.accepted += 1;
      else if (result?.outcome === "deduplicated") counts.deduplicated += 1;
      else if (result?.outcome === "conflict") {
        counts.conflictCount += 1;
        const { index, sha256 } = line;
        if (conflicts.length < NAMED_MAX)
          conflicts.push({ index, sha256, storedSha256: result.storedSha256 });
      } else refuse(line, batchClosed.fault, batchClosed.reason);
    },
  };
}
