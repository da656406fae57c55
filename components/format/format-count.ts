/** `1 tool`, `23 tools`, `12,400 tokens`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Tokens for a narrow place: `840`, `12.4k`, `1.3M`. */
export function formatTokens(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  const [value, unit] = tokens < 999_950 ? [tokens / 1_000, "k"] : [tokens / 1_000_000, "M"];
  return `${value.toFixed(1).replace(/\.0$/, "")}${unit}`;
}

/** Dollars; below a cent with four digits, because agents cost that little. */
export function formatCost(costUsd: number): string {
  return `$${costUsd.toFixed(costUsd !== 0 && costUsd < 0.01 ? 4 : 2)}`;
}
