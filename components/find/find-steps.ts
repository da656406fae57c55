/** Where a reader stands among what was found. */
export interface FoundPlace {
  /** Index of the item. */
  item: number;
  /** Index of the match in it; one that the item does not have is its last. */
  match: number;
}

/** The match before or after a place, round the ends; `counts` says how many each item has, at least one. */
export function stepPlace(place: FoundPlace, by: 1 | -1, counts: readonly number[]): FoundPlace {
  const match = heldMatch(place, counts) + by;
  if (match >= 0 && match < (counts[place.item] ?? 1)) return { item: place.item, match };
  const item = (place.item + by + counts.length) % counts.length;
  return { item, match: by === 1 ? 0 : (counts[item] ?? 1) - 1 };
}

/** `3 of 12 matches`; with `hasMore` there may be more than were counted. */
export function placeWords(place: FoundPlace, counts: readonly number[], hasMore: boolean): string {
  const before = counts.slice(0, place.item).reduce((sum, count) => sum + count, 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const number = before + heldMatch(place, counts) + 1;
  const noun = total === 1 && !hasMore ? "match" : "matches";
  return `${number.toLocaleString("en")} of ${total.toLocaleString("en")}${hasMore ? "+" : ""} ${noun}`;
}

const heldMatch = ({ item, match }: FoundPlace, counts: readonly number[]) =>
  Math.min(match, (counts[item] ?? 1) - 1);
