import { expect, test } from "vitest";
import { followAfterScroll } from "./follow-after-scroll.ts";

const at = (topPx: number, heightPx = 5_000) => ({ topPx, heightPx });
const free = { isAtEnd: true, isPlaceHeld: false };

test("scrolling down to the end takes hold, scrolling up lets go", () => {
  expect(followAfterScroll(at(3_000), at(4_000), free)).toBe(true);
  expect(followAfterScroll(at(3_000), at(3_100), { ...free, isAtEnd: false })).toBeNull();
  expect(followAfterScroll(at(4_000), at(3_900), free)).toBe(false);
});

test("a page that shrinks to its end lets nobody go", () => {
  expect(followAfterScroll(at(4_000), at(3_000, 4_000), free)).toBeNull();
});

test("a jump that lands at the end does not follow, until the reader scrolls there (#4)", () => {
  expect(followAfterScroll(at(0), at(4_000), { ...free, isPlaceHeld: true })).toBeNull();
  expect(followAfterScroll(at(3_990), at(4_000), free)).toBe(true);
});
