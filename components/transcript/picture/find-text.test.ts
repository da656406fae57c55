import { expect, test } from "vitest";
import { findText } from "./find-text.ts";

test("a text is found in the first string that holds it", () => {
  const data = { a: 1, "b/c~d": { list: ["no", { text: "say yes" }] }, later: "yes" };
  expect(findText(data, "yes")).toEqual({ at: "/b~1c~0d/list/1/text", from: 4 });
  expect(findText(data, "no")).toEqual({ at: "/b~1c~0d/list/0", from: 0 });
  expect(findText(data, "never")).toBeNull();
});
