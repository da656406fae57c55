/**
 * A message id that sorts after another one: `fresh` when it does, else the other's place plus one. Prompts carry
 * ids that a browser made, whose clock may be ahead of ours.
 */
export function messageIdAfter(id: string, fresh: string): string {
  if (fresh > id) return fresh;
  const place = parseInt(id.slice(4, 16), 16) + 1;
  if (!Number.isSafeInteger(place)) return fresh;
  return `msg_${place.toString(16).padStart(12, "0")}${fresh.slice(16)}`;
}
