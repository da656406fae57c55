import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatTranscriptPosition, parseTranscriptPosition } from "./transcript-position.ts";

test("a position comes back as it went", () => {
  const position = {
    sortKey: "0001700000000000",
    firstSeq: 9_007_199_254_740_991,
    partId: "prt_é🦉",
  };
  expect(parseTranscriptPosition(formatTranscriptPosition(position))).toEqual(position);
});

test.each([
  "",
  "null",
  "x",
  "[]",
  '["a",1]',
  '["a",1.5,""]',
  '["a",1,"b\\u0000"]',
  '["",1,""]',
  '[1,1,""]',
  '{"0":1}',
])("%j is refused", (text) => {
  expect(() => parseTranscriptPosition(Buffer.from(text).toString("base64url"))).toThrow(
    "malformed",
  );
});

test("whatever is sent, the answer is a position or invalid_input", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parse = () => formatTranscriptPosition(parseTranscriptPosition(text));
      expect(parse).toThrow(expect.objectContaining({ code: "invalid_input" }));
    }),
  );
});
