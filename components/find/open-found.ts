/** Opens what shows an item, and gives back the part of it that shows this one: a prompt shows several. */
export function openFound(element: HTMLElement, partId: string): HTMLElement {
  element.querySelector<HTMLElement>("[data-opens][aria-expanded=false]")?.click();
  if (partId === "") return element;
  const name = CSS.escape(partId);
  return element.querySelector<HTMLElement>(`[data-prompt-part="${name}"]`) ?? element;
}
