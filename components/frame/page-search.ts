/** On a page's own search field, which takes the key `/` from the palette. */
export const pageSearchField = { "data-page-search": true } as const;

/** Gives the focus to the page's own search field; false where the page has none. */
export function focusPageSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("input[data-page-search]");
  field?.select();
  return field !== null;
}
