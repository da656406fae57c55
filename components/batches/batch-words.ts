import type {
  Batch,
  BatchItem,
  BatchItemState,
  BatchKind,
  BatchState,
  LineChoice,
  LineFault,
} from "#lib/batch.ts";
import { lineChoices } from "#lib/batch.ts";
import { NAMED_RANGES_MAX, nameRanges } from "#lib/batch-lines/describe-gaps.ts";
import type { IndexRanges } from "#lib/batch-lines/keep-wanted.ts";
import { countLost } from "#lib/count-lost.ts";
import type { LineRun, LineStates } from "#lib/line-states.ts";
import { formatCount } from "#components/format/format-count.ts";

/** The one vocabulary for how a batch does. */
export const batchWords: Readonly<Record<BatchState, string>> = {
  open: "Receiving",
  sealed: "Working",
  done: "Done",
  aborted: "Aborted",
};

/** The one vocabulary for how a line does. */
export const itemWords: Readonly<Record<BatchItemState, string>> = {
  queued: "Waiting",
  running: "Working",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};

export const faultWords: Readonly<Record<LineFault, string>> = {
  not_utf8: "Not UTF-8",
  not_json: "Not JSON",
  not_object: "No object",
  bad_index: "Bad index",
  index_out_of_range: "Out of range",
  invalid: "Not accepted",
  too_large: "Too large",
};

/** What to show of a batch's lines. `missing`: indexes that no line came for. `unassigned`: lines without an index. */
export type LineFilter = "all" | LineChoice | "missing" | "unassigned";

/** What a table of lines can show. */
export const isLineChoice = (filter: LineFilter): filter is LineChoice =>
  lineChoices.some((choice) => choice === filter);

const kindWords: Readonly<Record<BatchKind, string>> = { start: "to start", import: "to import" };

/** `500 sessions to start`, `12 sessions to import so far`. */
export function describeSize({ kind, state, expectedCount, received }: Batch): string {
  const size = formatCount(expectedCount ?? received, "session");
  return `${size} ${kindWords[kind]}${expectedCount === null && state === "open" ? " so far" : ""}`;
}

/**
 * How a batch that is done came out: `failed` where no line is done, `partial` where some failed, `lost` where something
 * that it was given, or should have been, is nowhere.
 */
export function outcomeOf(batch: Batch): "complete" | "lost" | "partial" | "failed" {
  const { failed, done } = batch.counts;
  if (failed > 0) return done === 0 ? "failed" : "partial";
  return countLost(batch) > 0 ? "lost" : "complete";
}

/** Gaps between lines, up to the expected end, or to the last line where none is known. */
export function findGaps(states: LineStates, expectedCount: number | null): IndexRanges {
  const gaps: [number, number][] = [];
  let next = 0;
  const note = (from: number) => {
    if (from > next) gaps.push([next, from - 1]);
  };
  const runs: LineRun[] = states.read(0, Infinity).runs;
  for (const [from, to] of runs) {
    note(from);
    next = to + 1;
  }
  if (expectedCount !== null) note(expectedCount);
  return gaps;
}

/** `3, 7–9, 12` and how many more ranges there are. */
export function describeRanges(ranges: IndexRanges): string {
  const more = ranges.length - NAMED_RANGES_MAX;
  return nameRanges(ranges) + (more > 0 ? `, and ${formatCount(more, "more range")}` : "");
}

/** What sealing a batch comes to that is not whole, before it is done. */
export function describeSeal({ missingCount, unassignedCount }: Batch): string {
  const are = (count: number) => (count === 1 ? "is" : "are");
  const facts = [
    missingCount > 0 && `${formatCount(missingCount, "line")} ${are(missingCount)} missing`,
    unassignedCount > 0 &&
      `${formatCount(unassignedCount, "line")} could not be read and ${unassignedCount === 1 ? "has" : "have"} no index`,
  ];
  return `${facts.filter(Boolean).join(", and ")}: once it is sealed, none can come any more. This cannot be taken back.`;
}

/** What an abort comes to, before it is done. */
export function describeAbort({ kind, counts }: Batch): string {
  const waiting = `${formatCount(counts.queued, "line")} that ${counts.queued === 1 ? "waits" : "wait"} will not begin`;
  const stopping =
    kind === "start" && counts.running > 0
      ? `, and ${formatCount(counts.running, "session")} at work will be asked to stop`
      : "";
  return `${waiting}${stopping}. Sessions that are there stay. This cannot be taken back.`;
}

/** The number in a server's words is of a line in its request: here its index is in front of it. */
export const reasonOfLine = (reason: string) => reason.replace(/^Line \d+ of its request/, "It");

/** What stands for the session of a line that has none. */
export function describeNoSession({
  state,
  sessionId,
}: Pick<BatchItem, "state" | "sessionId">): string {
  if (sessionId !== null) return "Its session was deleted";
  return state === "queued" || state === "running" ? "No session yet" : "No session";
}

/** Of a batch as a whole, for a bar: lines that ended, of those that are there or missing. */
export function shareEnded({ counts, received, missingCount }: Batch): number {
  const total = received + missingCount;
  const ended = counts.done + counts.failed + counts.cancelled;
  return total === 0 ? 0 : ended / total;
}
