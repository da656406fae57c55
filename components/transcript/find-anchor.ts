interface Placed {
  getBoundingClientRect(): { top: number; bottom: number };
}

export interface Anchor<Step> {
  element: Step;
  /** From the top of the screen. */
  topPx: number;
}

/**
 * Which of the steps of a page, from top to bottom, its reader looks at: the first one that begins on a screen of this
 * height, else the one that covers it, else the next one below. Null where all of them are above, or there are none.
 */
export function findAnchor<Step extends Placed>(
  steps: Iterable<Step>,
  screenHeightPx: number,
): Anchor<Step> | null {
  let covering: Anchor<Step> | null = null;
  for (const element of steps) {
    const { top, bottom } = element.getBoundingClientRect();
    const anchor = { element, topPx: top };
    if (top >= 0) return top < screenHeightPx || covering === null ? anchor : covering;
    if (bottom > 0) covering = anchor;
  }
  return covering;
}
