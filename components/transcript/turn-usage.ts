import { readNumber, readObject } from "#lib/json.ts";
import type { Turn } from "./build-turns.ts";

/** What the answers of a turn say that they used; null where none of them said it. */
export interface TurnUsage {
  costUsd: number | null;
  inputTokens: number | null;
  cachedTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
}

/** Adds up the answers of a turn; null for one that is not loaded whole: a part of it is no sum. */
export function readTurnUsage({ answers, isCut }: Turn): TurnUsage | null {
  if (isCut) return null;
  const sum = (values: (number | null)[]) =>
    values.reduce((total, value) => (value === null ? total : (total ?? 0) + value), null);
  const tokens = answers.map(({ data }) => readObject(data, "tokens"));
  const sumOf = (name: string) => sum(tokens.map((each) => readNumber(each, name)));
  return {
    costUsd: sum(answers.map(({ data }) => readNumber(data, "cost"))),
    inputTokens: sumOf("input"),
    cachedTokens: sum(tokens.map((each) => readNumber(readObject(each, "cache"), "read"))),
    outputTokens: sumOf("output"),
    reasoningTokens: sumOf("reasoning"),
  };
}
