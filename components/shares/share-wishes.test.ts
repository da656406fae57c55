import { expect, test } from "vitest";
import { createShareWishes, describeHidden, describeLink, describeRange } from "./share-wishes.ts";

const wishes = createShareWishes();
const turns = {
  turnCount: 3,
  prompts: [1, 2, 3].map((turn) => ({ messageId: `msg_${turn}`, turn, title: "" })),
};

test("a closed group says which prompts are shown", () => {
  expect(describeRange(wishes, turns)).toBe("All");
  expect(describeRange({ ...wishes, fromMessageId: "msg_2" }, turns)).toBe("2 to the last");
  expect(describeRange({ ...wishes, toMessageId: "msg_2" }, turns)).toBe("1 to 2");
});

test("a closed group says what is left out", () => {
  expect(describeHidden(wishes)).toBe("Folders");
  expect(describeHidden({ ...wishes, hidesReasoning: true })).toBe("Reasoning, folders");
  expect(describeHidden({ ...wishes, hidesPaths: false })).toBe("Nothing");
});

test("a closed group says how long a link is good, and for whom", () => {
  expect(describeLink(wishes)).toBe("Ends in 30 days, no password");
  expect(describeLink({ ...wishes, expiresInDays: null, password: "x" })).toBe(
    "Never ends, with a password",
  );
});
