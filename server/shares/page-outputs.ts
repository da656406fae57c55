import type { SharedOutput, SharedOutputsPage } from "#lib/shared-output.ts";

const PAGE_OUTPUTS_MAX = 100;

/** A page of outputs that are listed newest first: those behind `before`, or the first ones. */
export function pageOutputs(list: readonly SharedOutput[], before?: string): SharedOutputsPage {
  const rest = before === undefined ? list : list.filter(({ outputId }) => outputId < before);
  const outputs = rest.slice(0, PAGE_OUTPUTS_MAX);
  const next = rest.length > outputs.length ? (outputs.at(-1)?.outputId ?? null) : null;
  return { outputs, next, total: list.length };
}
