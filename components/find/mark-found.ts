import { findInPieces, type TextPiece } from "./find-in-pieces.ts";

const NAME = "found";
/** Occurrences that are marked in one item; the count says how many there are. */
const MARKED_MAX = 500;
/** What is drawn later than this after a step is marked, but moves the page no more. */
const SHOW_WITHIN_MS = 5_000;
/** What lies over the page at its top and bottom. */
const HEADER_PX = 140;
const FOOTER_PX = 120;
/** Text inside one of these is read as one. */
const BLOCKS = "div, p, li, td, th, pre, h1, h2, h3, h4, h5, h6, button, figcaption";

let stopMarking = () => {};

/**
 * Marks a text in an element without changing the page, also in what is drawn later: long outputs are drawn where they
 * are on screen. Scrolls to the first occurrence once. Does nothing where the browser cannot.
 */
export function markFound(element: HTMLElement, text: string): void {
  stopMarking();
  if (typeof Highlight === "undefined") return;
  const startedMs = performance.now();
  let frame = 0;
  let isShown = false;
  const mark = () => {
    const ranges = rangesOf(element, text);
    CSS.highlights.set(NAME, new Highlight(...ranges));
    if (isShown || !ranges[0] || performance.now() - startedMs > SHOW_WITHIN_MS) return;
    isShown = true;
    show(ranges[0]);
  };
  const markSoon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(mark);
  };
  const observer = new MutationObserver(markSoon);
  observer.observe(element, { childList: true, subtree: true, characterData: true });
  markSoon();
  stopMarking = () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  };
}

export function unmarkFound(): void {
  stopMarking();
  if (typeof Highlight !== "undefined") CSS.highlights.delete(NAME);
}

function rangesOf(element: HTMLElement, text: string): Range[] {
  const nodes: Node[] = [];
  const pieces: TextPiece[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    nodes.push(node);
    pieces.push({ text: node.textContent ?? "", block: node.parentElement?.closest(BLOCKS) });
  }
  return findInPieces(pieces, text, MARKED_MAX).flatMap(({ start, end }) => {
    const [first, last] = [nodes[start.piece], nodes[end.piece]];
    if (!first || !last) return [];
    const range = new Range();
    range.setStart(first, start.offset);
    range.setEnd(last, end.offset);
    return [range];
  });
}

/** Into sight on the page and in the box that it scrolls in. */
function show(range: Range) {
  const element = range.startContainer.parentElement;
  const box = element?.closest("[role=group]")?.getBoundingClientRect();
  const { top, bottom } = range.getBoundingClientRect();
  const isInSight =
    top > Math.max(HEADER_PX, box?.top ?? 0) &&
    bottom < Math.min(innerHeight - FOOTER_PX, box?.bottom ?? innerHeight);
  if (!isInSight) element?.scrollIntoView({ block: "center" });
}
