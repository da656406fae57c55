import { type JsonObject, readNumber, readObject, readText } from "./json.ts";

const words = new Map([
  ["in_progress", "The agent is shortening its memory of everything above"],
  ["failed", "The agent could not shorten its memory"],
  ["cancelled", "The agent stopped shortening its memory"],
]);

const UNFINISHED = "The agent did not finish shortening its memory";

/**
 * How a compaction went, in a line: of one that other programs recorded no status is known, and it was done. One that
 * is under way when its turn runs no more never ended: whoever ran it is gone.
 */
export function describeCompaction(
  part: JsonObject,
  { isTurnRunning }: { isTurnRunning: boolean },
): string {
  const status = readText(part, "status") ?? "completed";
  const isLeft = status === "in_progress" && !isTurnRunning;
  const told = isLeft
    ? UNFINISHED
    : (words.get(status) ?? "The agent shortened its memory of everything above");
  const tokens = readObject(part, "tokens");
  const before = readNumber(tokens, "before");
  const after = readNumber(tokens, "after");
  const error = status === "failed" ? readText(part, "error") : null;
  const size =
    before === null
      ? null
      : after === null
        ? `from ${count(before)}`
        : `${count(before)} → ${count(after)}`;
  return [told + (error === null ? "" : `: ${error}`), size && `${size} tokens`]
    .filter(Boolean)
    .join(" · ");
}

const count = (tokens: number) => tokens.toLocaleString("en");
