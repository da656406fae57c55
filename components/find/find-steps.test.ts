import { expect, test } from "vitest";
import { placeWords, stepPlace, type FoundPlace } from "./find-steps.ts";

/** The words for every place that `count` steps lead to. */
function walk(by: 1 | -1, counts: readonly number[], count: number) {
  const words: string[] = [];
  let place: FoundPlace = { item: 0, match: 0 };
  for (let step = 0; step < count; step += 1) {
    place = stepPlace(place, by, counts);
    words.push(placeWords(place, counts, false));
  }
  return words;
}

test("steps go through the matches of a part, then to the next part, and round the ends", () => {
  const first = { item: 0, match: 0 };
  expect(placeWords(first, [2, 1], false)).toBe("1 of 3 matches");
  expect(walk(1, [2, 1], 3)).toEqual(["2 of 3 matches", "3 of 3 matches", "1 of 3 matches"]);
  expect(walk(-1, [2, 1], 3)).toEqual(["3 of 3 matches", "2 of 3 matches", "1 of 3 matches"]);
  expect(walk(1, [2], 2)).toEqual(["2 of 2 matches", "1 of 2 matches"]);
});

test("a part that shows fewer matches than were counted is left after its last one", () => {
  expect(stepPlace({ item: 0, match: 4 }, 1, [2, 1])).toEqual({ item: 1, match: 0 });
  expect(stepPlace({ item: 0, match: 4 }, -1, [2, 1])).toEqual({ item: 0, match: 0 });
  expect(placeWords({ item: 0, match: 4 }, [2, 1], false)).toBe("2 of 3 matches");
});

test("what may be more is said to be, and one match is no matches", () => {
  expect(placeWords({ item: 0, match: 0 }, [1], false)).toBe("1 of 1 match");
  expect(placeWords({ item: 0, match: 0 }, [1], true)).toBe("1 of 1+ matches");
  expect(placeWords({ item: 1, match: 0 }, [2_000, 1], false)).toBe("2,001 of 2,001 matches");
});
