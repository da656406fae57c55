import { findInPieces, type TextPiece } from "./find-in-pieces.ts";

/** More occurrences of one item are not walked through. */
const PLACES_MAX = 20_000;
/** Text inside one of these is read as one. */
const BLOCKS = "div, p, li, td, th, pre, h1, h2, h3, h4, h5, h6, button, figcaption";
/** These repeat what stands below them, or name it. */
const ASIDE = "button, header";

/** One occurrence that is drawn, or those of lines that are drawn when they come on screen. */
export type FoundPlaces = StaticRange | { element: HTMLElement; count: number };

/** Put on what stands for lines that are not drawn: how many occurrences they hold. */
export const HELD_COUNT = "data-found-count";

export const countPlaces = (places: readonly FoundPlaces[]) =>
  places.reduce((sum, place) => sum + (place instanceof StaticRange ? 1 : place.count), 0);

/** The occurrence of this number, from 0; the last one where there are not so many. */
export function placeAt(places: readonly FoundPlaces[], index: number): FoundPlaces | undefined {
  let passed = 0;
  for (const place of places) {
    passed += place instanceof StaticRange ? 1 : place.count;
    if (passed > index) return place;
  }
  return places.at(-1);
}

/** Where a text stands in an element, from top to bottom; in headings only where it stands nowhere else. */
export function findPlaces(element: HTMLElement, text: string): FoundPlaces[] {
  const places: FoundPlaces[] = [];
  const aside: FoundPlaces[] = [];
  let nodes: Node[] = [];
  let pieces: TextPiece[] = [];
  const close = () => {
    for (const { start, end } of findInPieces(pieces, text, PLACES_MAX - places.length)) {
      const [first, last] = [nodes[start.piece], nodes[end.piece]];
      if (!first || !last) continue;
      const isAside = element.contains(first.parentElement?.closest(ASIDE) ?? null);
      (isAside ? aside : places).push(
        new StaticRange({
          startContainer: first,
          startOffset: start.offset,
          endContainer: last,
          endOffset: end.offset,
        }),
      );
    }
    nodes = [];
    pieces = [];
  };
  const walker = document.createTreeWalker(
    element,
    NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
    (node) =>
      node instanceof Text || (node as Element).hasAttribute(HELD_COUNT)
        ? NodeFilter.FILTER_ACCEPT
        : NodeFilter.FILTER_SKIP,
  );
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (node instanceof HTMLElement) {
      close();
      places.push({ element: node, count: Number(node.getAttribute(HELD_COUNT)) });
    } else {
      nodes.push(node);
      pieces.push({ text: node.textContent ?? "", block: node.parentElement?.closest(BLOCKS) });
    }
  }
  close();
  return places.length > 0 ? places : aside;
}
