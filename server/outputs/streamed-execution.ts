import type { StreamValues } from "#lib/fold-stream.ts";
import { type RefResolver, type RefStore, resolveOutput } from "./resolve-output.ts";
import type { StreamListener } from "./stream-channel.ts";

export interface OutputOptions {
  /** Makes values of all references; left out, they stay references. */
  hydrate?: RefResolver | RefStore;
}

/** A streaming execution as others see it, wherever it works. */
export interface StreamedExecution {
  /** What it streams from now on, and its end. Listeners pace nobody, and harm nobody. Returns how to stop. */
  onStream(listener: StreamListener): () => void;
  /**
   * Waits for the end and answers with the values by port; when bytes of one are gone, all of them stay references.
   * Rejects when it ended incomplete.
   */
  output(options?: OutputOptions): Promise<StreamValues>;
}

/** The values of an execution as they were asked for. */
export async function hydrateValues(
  values: StreamValues,
  { hydrate }: OutputOptions,
): Promise<StreamValues> {
  if (hydrate === undefined) return values;
  const options = { hydrate: "all", refs: hydrate, dangling: "untouched" } as const;
  return (await resolveOutput(values, options)) as StreamValues;
}
