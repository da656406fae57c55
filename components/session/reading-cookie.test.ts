import { expect, test } from "vitest";
import { formatReading, parseReading, type Reading } from "./reading-cookie.ts";

test("what is written is read again", () => {
  const reading: Reading = { mode: "everything", hiddenParts: ["tools", "steps"] };
  expect(formatReading(reading)).toBe("everything.tools.steps");
  expect(parseReading(formatReading(reading))).toEqual(reading);
});

test.each([undefined, "", "nothing.known", "%"])("%s hides nothing", (value) => {
  expect(parseReading(value)).toEqual({ mode: "compact", hiddenParts: [] });
});
