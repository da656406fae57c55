/** What lies over the page at its top and bottom. */
const HEADER_PX = 140;
const FOOTER_PX = 120;

/** Brings a stretch of text into sight, in every box that scrolls around it and then on the page. */
export function scrollToRange(range: Range): void {
  const start = range.startContainer;
  let box = start instanceof HTMLElement ? start : start.parentElement;
  for (; box !== null && box !== document.body; box = box.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(box);
    const bounds = box.getBoundingClientRect();
    const place = range.getBoundingClientRect();
    if (scrolls(overflowY) && (place.top < bounds.top || place.bottom > bounds.bottom))
      box.scrollTop += middle(place.top, place.bottom) - middle(bounds.top, bounds.bottom);
    if (scrolls(overflowX) && (place.left < bounds.left || place.right > bounds.right))
      box.scrollLeft += middle(place.left, place.right) - middle(bounds.left, bounds.right);
  }
  const { top, bottom } = range.getBoundingClientRect();
  if (top > HEADER_PX && bottom < innerHeight - FOOTER_PX) return;
  const by = middle(top, bottom) - middle(HEADER_PX, innerHeight - FOOTER_PX);
  scrollBy({ top: by, behavior: "instant" });
}

const scrolls = (overflow: string) => overflow === "auto" || overflow === "scroll";
const middle = (start: number, end: number) => (start + end) / 2;
