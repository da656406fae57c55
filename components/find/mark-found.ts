import { countPlaces, findPlaces, placeAt, type FoundPlaces } from "./found-places.ts";
import { scrollToRange } from "./scroll-to-range.ts";

const ALL = "found";
const CURRENT = "found-now";
/** Occurrences that are marked in one item; the count says how many there are. */
const MARKED_MAX = 500;
/** What is drawn later than this after a step is marked, but moves the page no more. */
const SHOW_WITHIN_MS = 5_000;
/** Something of the element is on its way. */
const WAITING = "[data-waiting]";

export interface Found {
  text: string;
  /** Which occurrence the reader goes to, from 0; where there are not so many, the last one. */
  match: number;
  /** Told how many occurrences the element shows: again when that changes, not before all of it is there. */
  onCount?: (count: number) => void;
}

let stopMarking = () => {};

/**
 * Marks a text in an element without changing the page, also in what is drawn later: long outputs are drawn where they
 * are on screen. Scrolls to one occurrence and keeps it in sight while more is drawn around it, until the reader moves
 * the page. Does nothing where the browser cannot mark.
 */
export function markFound(element: HTMLElement, { text, match, onCount }: Found): void {
  stopMarking();
  if (typeof Highlight === "undefined") return;
  const startedMs = performance.now();
  const listening = new AbortController();
  let frame = 0;
  let isShowing = true;
  let lastCount: number | null = null;
  const mark = () => {
    const places = findPlaces(element, text);
    const current = placeAt(places, match);
    highlight(places, current);
    const count = countPlaces(places);
    if (count !== lastCount && element.querySelector(WAITING) === null) {
      lastCount = count;
      onCount?.(count);
    }
    if (isShowing && current && performance.now() - startedMs <= SHOW_WITHIN_MS)
      scrollToRange(rangeOf(current));
  };
  const markSoon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(mark);
  };
  const observer = new MutationObserver(markSoon);
  observer.observe(element, { childList: true, subtree: true, characterData: true });
  for (const type of ["wheel", "touchmove", "pointerdown", "keydown"])
    addEventListener(type, () => void (isShowing = false), {
      capture: true,
      passive: true,
      signal: listening.signal,
    });
  markSoon();
  stopMarking = () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
    listening.abort();
  };
}

export function unmarkFound(): void {
  stopMarking();
  if (typeof Highlight === "undefined") return;
  CSS.highlights.delete(ALL);
  CSS.highlights.delete(CURRENT);
}

function highlight(places: readonly FoundPlaces[], current: FoundPlaces | undefined) {
  const ranges = places.filter((place) => place instanceof StaticRange);
  const isDrawn = current instanceof StaticRange;
  const from = isDrawn ? Math.max(0, ranges.indexOf(current) - MARKED_MAX / 2) : 0;
  CSS.highlights.set(ALL, new Highlight(...ranges.slice(from, from + MARKED_MAX)));
  const now = new Highlight(...(isDrawn ? [current] : []));
  now.priority = 1;
  CSS.highlights.set(CURRENT, now);
}

function rangeOf(place: FoundPlaces): Range {
  const range = new Range();
  if (place instanceof StaticRange) {
    range.setStart(place.startContainer, place.startOffset);
    range.setEnd(place.endContainer, place.endOffset);
  } else range.selectNode(place.element);
  return range;
}
