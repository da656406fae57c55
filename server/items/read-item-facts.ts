import { paddedNumber } from "#lib/message-sort-key.ts";
import { toCleanText } from "./clean-text.ts";
import { readMembers } from "./read-members.ts";

/** What messages, outline and the session's row need of a `message` item. */
export interface MessageFacts {
  /** `user`, `assistant`, or whatever the source says; `unknown` when it says nothing. */
  role: string;
  /** Milliseconds since 1970; null where the source does not say. */
  createdMs: number | null;
  costUsd: number | null;
  /** Input, output, reasoning and cache together. */
  tokens: number | null;
  /** `provider/model`, or the model alone. */
  model: string | null;
}

const NAME_MAX_CHARACTERS = 256;
/** Milliseconds of today have 13 digits; keys have room for 16. */
const TIME_MAX_MS = 999_999_999_999_999;
/** Reads the body of a `message` item, in the shape that OpenCode and Kilo gave it; never throws. */
export function readMessageFacts(body: Buffer): MessageFacts {
  const names = ["role", "time", "cost", "tokens", "modelID", "providerID", "model"];
  const members = readMembers(body, names);
  return {
    role: toName(members.get("role")) ?? "unknown",
    createdMs: toMilliseconds(memberOf(members.get("time"), "created")),
    costUsd: toAmount(members.get("cost")),
    tokens: sumTokens(members.get("tokens")),
    model: toModel(members),
  };
}

/** Sorts after every message that has come, in the order of arrival. */
export const placeholderSortKey = (firstSeq: number) => `~${paddedNumber(firstSeq)}`;

const toName = (value: unknown) => toCleanText(value, NAME_MAX_CHARACTERS);

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function toAmount(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function toMilliseconds(value: unknown): number | null {
  const ms = toAmount(value);
  return ms !== null && ms <= TIME_MAX_MS ? ms : null;
}

function sumTokens(tokens: unknown): number | null {
  const cache = memberOf(tokens, "cache");
  const counts = [
    ...["input", "output", "reasoning"].map((name) => memberOf(tokens, name)),
    ...["read", "write"].map((name) => memberOf(cache, name)),
  ].map(toAmount);
  if (counts.every((count) => count === null)) return null;
  const sum = counts.reduce<number>((total, count) => total + Math.round(count ?? 0), 0);
  return Number.isSafeInteger(sum) ? sum : null;
}

/** Answers carry the names beside each other, prompts in an object, other sources a single name. */
function toModel(members: Map<string, unknown>): string | null {
  const nested = members.get("model");
  const provider = toName(members.get("providerID") ?? memberOf(nested, "providerID"));
  const model = toName(members.get("modelID") ?? memberOf(nested, "modelID") ?? nested);
  return provider !== null && model !== null ? `${provider}/${model}` : model;
}
