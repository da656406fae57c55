import { expect, test } from "vitest";
import { createCardChange } from "./card-change.ts";

test("a key that is pressed twice chooses once: the next card is not read yet", () => {
  const { leave, isForLastCard } = createCardChange();
  expect(isForLastCard(5)).toBe(false);
  leave(1_000);
  // Pressed before the card had gone, and heard after it.
  expect(isForLastCard(990)).toBe(true);
  expect(isForLastCard(1_599)).toBe(true);
  expect(isForLastCard(1_600)).toBe(false);
});
