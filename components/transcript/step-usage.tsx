import { formatCost, formatTokens } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { readNumber, readObject, readText, type JsonObject } from "#lib/json.ts";

/** What one step of the agent took: tokens by kind, cost, why it ended. */
export function StepUsage({ data }: { data: JsonObject }) {
  const tokens = readObject(data, "tokens");
  const cache = readObject(tokens, "cache");
  const facts = [
    fact(readNumber(tokens, "input"), "in"),
    fact(readNumber(cache, "read"), "cached"),
    fact(readNumber(cache, "write"), "written to the cache"),
    fact(readNumber(tokens, "output"), "out"),
    fact(readNumber(tokens, "reasoning"), "reasoning"),
  ].filter((each) => each !== null);
  const costUsd = readNumber(data, "cost");
  if (costUsd !== null && costUsd > 0) facts.push(formatCost(costUsd));
  const reason = readText(data, "reason");
  return (
    <p className="text-meta text-faint tabular">
      {["A step of the agent", ...facts].join(" · ")}
      {reason !== null && ` · ${visibleText(reason)}`}
    </p>
  );
}

function fact(tokens: number | null, word: string): string | null {
  return tokens === null || tokens <= 0 ? null : `${formatTokens(tokens)} ${word}`;
}
