const GAP_PX = 4;
const EDGE_PX = 8;

/**
 * Puts an open menu at its button: below it, or above where there is more room, its end at the button's end unless the
 * button is in the left half of the page. `--trigger-width` is for menus that are as wide as their button.
 */
export function placeMenu(menu: HTMLElement, trigger: DOMRect) {
  const { clientWidth, clientHeight } = document.documentElement;
  const roomBelow = clientHeight - trigger.bottom;
  const isBelow = roomBelow >= trigger.top;
  const isLeft = trigger.left + trigger.width / 2 < clientWidth / 2;
  const { style } = menu;
  style.top = isBelow ? `${trigger.bottom + GAP_PX}px` : "auto";
  style.bottom = isBelow ? "auto" : `${clientHeight - trigger.top + GAP_PX}px`;
  style.left = isLeft ? `${Math.max(EDGE_PX, trigger.left)}px` : "auto";
  style.right = isLeft ? "auto" : `${Math.max(EDGE_PX, clientWidth - trigger.right)}px`;
  style.maxHeight = `${(isBelow ? roomBelow : trigger.top) - GAP_PX - EDGE_PX}px`;
  style.setProperty("--trigger-width", `${trigger.width}px`);
}
