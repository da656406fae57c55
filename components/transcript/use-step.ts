"use client";

import { useNesting } from "./sub-session/nesting.ts";

interface Step {
  id?: string | undefined;
  "data-step"?: boolean;
  tabIndex?: number;
}

/** What makes an element a place of the page's session, which has an address and which `j` and `k` stop at. */
export function useStep(id: string | undefined): Step {
  return useNesting() === 0 ? { id, "data-step": true, tabIndex: -1 } : {};
}
