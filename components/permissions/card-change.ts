/** How long somebody takes at least to see that another card stands there, and to read a little of it. */
const NOTICE_MS = 600;

/** Knows which presses were meant for the card before: both moments are on the page's clock, in milliseconds. */
export function createCardChange() {
  let leftAt = -Infinity;
  return {
    /** The first card is no longer the first, or gone. */
    leave(moment: number): void {
      leftAt = moment;
    },
    isForLastCard: (pressedAt: number): boolean => pressedAt - leftAt < NOTICE_MS,
  };
}
