import { formatCost, formatTokens } from "#components/format/format-count.ts";
import type { TurnUsage } from "./turn-usage.ts";

/** `12.4k in · 9.1k cached · 840 out · 120 reasoning · $0.03`; empty when nothing is known. */
export function usageWords(usage: TurnUsage): string {
  const words = [
    tokens(usage.inputTokens, "in"),
    tokens(usage.cachedTokens, "cached"),
    tokens(usage.outputTokens, "out"),
    tokens(usage.reasoningTokens, "reasoning"),
    usage.costUsd === null || usage.costUsd === 0 ? null : formatCost(usage.costUsd),
  ];
  return words.filter((word) => word !== null).join(" · ");
}

const tokens = (count: number | null, noun: string) =>
  count === null || count === 0 ? null : `${formatTokens(count)} ${noun}`;
