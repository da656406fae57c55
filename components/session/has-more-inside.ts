/** Whether scrolling down there, by wheel or finger, moves something on the page before it moves the page. */
export function hasMoreInside(target: EventTarget | null): boolean {
  let element = target instanceof Element ? target : null;
  for (; element !== null && element !== document.body; element = element.parentElement) {
    const belowPx = element.scrollHeight - element.clientHeight - element.scrollTop;
    if (belowPx > 1 && /auto|scroll/.test(getComputedStyle(element).overflowY)) return true;
  }
  return false;
}
