const NAME = "found";
/** Occurrences that are marked in one item; the count says how many there are. */
const MARKED_MAX = 500;

/** Marks a text in an element, without changing the page. Does nothing where the browser cannot. */
export function markFound(element: HTMLElement, text: string): void {
  if (typeof Highlight === "undefined") return;
  const wanted = text.toLowerCase();
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const content = (node.textContent ?? "").toLowerCase();
    for (let at = content.indexOf(wanted); at !== -1; at = content.indexOf(wanted, at + 1)) {
      if (ranges.length >= MARKED_MAX) break;
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      ranges.push(range);
    }
  }
  CSS.highlights.set(NAME, new Highlight(...ranges));
  const first = ranges[0]?.getBoundingClientRect();
  const isInSight = first && first.top > 140 && first.bottom < innerHeight - 120;
  if (first && !isInSight)
    ranges[0]?.startContainer.parentElement?.scrollIntoView({ block: "center" });
}

export function unmarkFound(): void {
  if (typeof Highlight !== "undefined") CSS.highlights.delete(NAME);
}
