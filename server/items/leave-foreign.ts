import type { Decision } from "./decide-items.ts";

/**
 * What a provisional write may do of what was decided: it replaces only what the same upload brought. What any other
 * brought stays until the write that counts, which may never come.
 */
export function leaveForeign(decisions: readonly Decision[], received: number): Decision[] {
  return decisions.map((decision) => {
    const { outcome, previous } = decision;
    const isForeign = previous !== null && previous.received !== received;
    return isForeign && outcome === "stored" ? { ...decision, outcome: "left" } : decision;
  });
}
