import type { Tokens } from "#server/executions/canonical-items.ts";
import type { Part, ToolPart, TranscriptMessage } from "./transcript-parts.ts";

/** A message that more parts may come for. */
export interface OpenMessage {
  readonly info: TranscriptMessage;
  readonly key: string;
  /** Those that were not told yet. */
  parts: Part[];
  /** Calls among these, by their ids. */
  readonly calls: Map<string, ToolPart>;
  /** The place of the next part. */
  nextSlot: number;
  /** Of the records that its parts, and results in these, came from, about. */
  heldBytes: number;
  /** Where the record began that was counted last. */
  countedOffset: number;
  /** Its own item as it was told last, as JSON. */
  told: string | null;
  /** Tokens of the latest steps: each is told several times. */
  readonly steps: Map<string, Tokens>;
}

/** An earlier step is not told again. */
const STEPS_MAX = 16;

export const noTokens: Tokens = {
  input: 0,
  output: 0,
  reasoning: 0,
  cache: { read: 0, write: 0 },
};

/** What a step of the message took, as far as it is known by now: in the place of what it said of that step before. */
export function noteUsage({ info, steps }: OpenMessage, step: string, tokens: Tokens): void {
  const before = steps.get(step) ?? noTokens;
  const sum = info.tokens ?? noTokens;
  info.tokens = {
    input: sum.input + tokens.input - before.input,
    output: sum.output + tokens.output - before.output,
    reasoning: sum.reasoning + tokens.reasoning - before.reasoning,
    cache: {
      read: sum.cache.read + tokens.cache.read - before.cache.read,
      write: sum.cache.write + tokens.cache.write - before.cache.write,
    },
  };
  steps.delete(step);
  steps.set(step, tokens);
  const [oldest] = steps.keys();
  if (steps.size > STEPS_MAX && oldest !== undefined) steps.delete(oldest);
}
