import type { Tokens } from "#server/executions/canonical-items.ts";
import { type JsonObject, readNumber, readObject } from "#lib/json.ts";
import { noteUsage, type OpenMessage } from "../open-message.ts";

/**
 * What the steps of the model took. Older programs say it before the answer, newer ones behind its first words: an answer
 * that has no count gets it, else the next one does.
 */
export class TokenCounts {
  #waiting: Tokens | null = null;
  #total = "";

  read(event: JsonObject, answer: OpenMessage | null): void {
    const info = readObject(event, "info");
    const total = JSON.stringify(info["total_token_usage"] ?? null);
    // It comes again when only limits have changed.
    if (total === "null" || total === this.#total) return;
    this.#total = total;
    const tokens = toTokens(readObject(info, "last_token_usage"));
    if (answer !== null && answer.steps.size === 0) noteUsage(answer, "", tokens);
    else this.#waiting = tokens;
  }

  begin(answer: OpenMessage): void {
    if (this.#waiting) noteUsage(answer, "", this.#waiting);
    this.#waiting = null;
  }
}

function toTokens(usage: JsonObject): Tokens {
  const count = (name: string) => readNumber(usage, name) ?? 0;
  const read = count("cached_input_tokens");
  const reasoning = count("reasoning_output_tokens");
  return {
    input: Math.max(0, count("input_tokens") - read),
    output: Math.max(0, count("output_tokens") - reasoning),
    reasoning,
    cache: { read, write: 0 },
  };
}
