import { expect, test } from "vitest";
import { describeShare } from "./share-words.ts";

const share = {
  mode: "live",
  fromTurn: null,
  toTurn: null,
  hidesReasoning: false,
  hidesOutputs: false,
  hidesPaths: false,
  showsSecrets: false,
  hasPassword: false,
  allowsEmbed: false,
} as Parameters<typeof describeShare>[0];

test.each([
  [{}, "Live"],
  [{ hidesOutputs: true, hidesPaths: true }, "Live · without outputs, folders"],
  [{ fromTurn: 1, toTurn: 1 }, "Live · prompt 1"],
  [{ toTurn: 1 }, "Live · prompt 1"],
  [{ fromTurn: 2 }, "Live · prompts 2 to the last"],
  [{ toTurn: 3 }, "Live · prompts 1 to 3"],
])("%j is told as %j", (change, words) => {
  expect(describeShare({ ...share, ...change })).toBe(words);
});
