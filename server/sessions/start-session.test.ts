import { expect, test } from "vitest";
import { titleOf } from "./start-session.ts";

test("the title is the first line that shows something", () => {
  expect(titleOf("\n \u200b\n  Mend\tthe door\nand the wall")).toBe("Mend the door");
});
