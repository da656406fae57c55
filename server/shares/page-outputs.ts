import type { Output } from "#lib/output.ts";
import type { SharedOutputsPage } from "#lib/shared-output.ts";

const PAGE_OUTPUTS_MAX = 100;

/** A page of outputs that are listed newest first: those behind `before`, or the first ones. */
export function pageOutputs<Listed extends Pick<Output, "outputId">>(
  list: readonly Listed[],
  before?: string,
): Omit<SharedOutputsPage, "outputs"> & { outputs: Listed[] } {
  const rest = before === undefined ? list : list.filter(({ outputId }) => outputId < before);
  const outputs = rest.slice(0, PAGE_OUTPUTS_MAX);
  const next = rest.length > outputs.length ? (outputs.at(-1)?.outputId ?? null) : null;
  return { outputs, next, total: list.length };
}
