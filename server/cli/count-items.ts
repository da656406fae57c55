/** `1 item`, `12 items`. */
export const countItems = (count: number) => `${count} ${count === 1 ? "item" : "items"}`;
