import { expect, test } from "vitest";
import { findAnchor } from "./find-anchor.ts";

const SCREEN_PX = 100;

/** Steps with a name, from top to bottom. */
const steps = (...boxes: [name: string, top: number, bottom: number][]) =>
  boxes.map(([name, top, bottom]) => ({ name, getBoundingClientRect: () => ({ top, bottom }) }));

const nameIn = (...boxes: Parameters<typeof steps>) =>
  findAnchor(steps(...boxes), SCREEN_PX)?.element.name ?? null;

test("the first step that begins on screen is kept, not the one that reaches into it", () => {
  expect(nameIn(["above", -50, -10], ["into", -10, 20], ["first", 20, 40])).toBe("first");
  expect(nameIn(["at the top", 0, 20], ["next", 20, 40])).toBe("at the top");
});

test("a step that is larger than the screen is kept by its own top", () => {
  const found = findAnchor(steps(["large", -500, 300], ["next", 300, 400]), SCREEN_PX);
  expect(found).toMatchObject({ element: { name: "large" }, topPx: -500 });
});

test("of several that cover the screen the innermost is kept", () => {
  expect(nameIn(["run", -500, 900], ["call", -200, 700])).toBe("call");
});

test("where nothing is on screen the next one below is kept, and above nothing", () => {
  expect(nameIn(["above", -50, 0], ["below", 150, 200])).toBe("below");
  expect(nameIn(["above", -50, 0])).toBeNull();
  expect(nameIn()).toBeNull();
});
