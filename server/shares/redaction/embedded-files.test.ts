import { expect, test } from "vitest";
import { createTextRewrite } from "../share-policy.ts";
import { JsonRewriter } from "./rewrite-json.ts";

const SECRET = `ghp_${"a1B2c3D4e5F6g7H8i9J0".repeat(2).slice(0, 36)}`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const fileOf = (lineCount: number) => base64(`${"a line of text\n".repeat(lineCount)}${SECRET}`);
const words = (characters: number) => "word ".repeat(characters / 5);

const rewrite = createTextRewrite({
  share: {
    shareId: "shr_x",
    sessionId: "ses_x",
    hidesReasoning: false,
    hidesOutputs: false,
    hidesPaths: false,
    masksPossible: false,
    shownSecrets: [],
    frozenSeq: null,
    fromMessageId: null,
  },
  key: Buffer.alloc(32),
  roots: [],
});

/** What leaves of a body that comes in pieces. */
function leave(body: object, pieceCharacters = 65_536): unknown {
  const json = JSON.stringify(body);
  const rewriter = new JsonRewriter(rewrite);
  let out = "";
  for (let at = 0; at < json.length; at += pieceCharacters)
    out += rewriter.push(json.slice(at, at + pieceCharacters));
  return JSON.parse(out + rewriter.end());
}

test.each([1_000, 65_536, 10_000_000])(
  "a file in a text is left out whatever its length, in pieces of %i characters",
  (pieceCharacters) => {
    for (const lineCount of [10, 1_500, 9_000, 30_000])
      for (const before of [5, 100_000, 130_000])
        for (const after of [0, 5_000, 200_000]) {
          const [start, end] = [words(before), ` ${words(after)}`];
          const text = `${start}data:text/plain;base64,${fileOf(lineCount)}${end}`;
          const { text: left } = leave({ text }, pieceCharacters) as { text: string };
          expect(left.length, `${lineCount} ${before} ${after}`).toBeLessThan(
            start.length + end.length + 40,
          );
          expect(left.replaceAll("data:,", "")).toBe(start + end);
        }
  },
);

test.each([
  "data:;base64,",
  "DATA:text/plain;base64,",
  'data:text/plain;charset=utf-8;name="a b";base64,',
  String.raw`data:text/plain;name=\"a b\";base64,`,
])("a file is known by its address, %s", (address) => {
  expect(leave({ text: `see ${address}${fileOf(1)} and more` })).toEqual({
    text: "see data:, and more",
  });
});

test("a short file is left out where files stand, words are not", () => {
  const data = base64(`GITHUB_TOKEN=${SECRET}\n`);
  expect(leave({ source: { type: "base64", media_type: "text/plain", data } })).toEqual({
    source: { type: "base64", media_type: "text/plain", data: "" },
  });
  for (const text of ["internationalization", "src/components/transcript", "abcdabcdabcdabcdabcd"])
    expect(leave({ data: text })).toEqual({ data: text });
});
