export interface ScrollState {
  topPx: number;
  /** Of the whole page. */
  heightPx: number;
}

interface Circumstances {
  /** The end of the transcript is loaded and in sight. */
  isAtEnd: boolean;
  /** The page stands where a jump has brought it, and the reader has not scrolled on since. */
  isPlaceHeld: boolean;
}

/** What a movement of the page means for following: true takes hold, false lets go, null changes nothing. */
export function followAfterScroll(
  before: ScrollState,
  now: ScrollState,
  { isAtEnd, isPlaceHeld }: Circumstances,
): boolean | null {
  // Content that shrinks moves the page up too, but to its end.
  if (now.topPx < before.topPx - 1 && now.heightPx >= before.heightPx) return false;
  return now.topPx > before.topPx && isAtEnd && !isPlaceHeld ? true : null;
}
