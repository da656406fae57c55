import { type JsonObject, readNumber, readObject, readText } from "./json.ts";

const words = new Map([
  ["in_progress", "The agent is shortening its memory of everything above"],
  ["failed", "The agent could not shorten its memory"],
  ["cancelled", "The agent stopped shortening its memory"],
]);

/** How a compaction went, in a line: of one that other programs recorded no status is known, and it was done. */
export function describeCompaction(part: JsonObject): string {
  const status = readText(part, "status") ?? "completed";
  const told = words.get(status) ?? "The agent shortened its memory of everything above";
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
