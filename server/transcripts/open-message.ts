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
  /** Of the records that its parts came from, about. */
  heldBytes: number;
  /** Its own item as it was told last, as JSON. */
  told: string | null;
  /** Tokens by step: each is told several times. */
  readonly steps: Map<string, Tokens>;
}

/** What a step of the message took, as far as it is known by now. */
export function noteUsage({ info, steps }: OpenMessage, step: string, tokens: Tokens): void {
  steps.set(step, tokens);
  const sum: Tokens = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };
  for (const { input, output, reasoning, cache } of steps.values()) {
    sum.input += input;
    sum.output += output;
    sum.reasoning += reasoning;
    sum.cache.read += cache.read;
    sum.cache.write += cache.write;
  }
  info.tokens = sum;
}
