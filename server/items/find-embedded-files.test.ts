import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findEmbeddedFiles } from "./find-embedded-files.ts";

const url = (bytes: Buffer, head = "data:image/png;base64,") => head + bytes.toString("base64");
const find = (json: string, thresholdBytes = 4) =>
  findEmbeddedFiles(Buffer.from(json), thresholdBytes);

test.each([4, 5, 6, 3_000_001])("a file of %d bytes is found where it stands", (size) => {
  const bytes = randomBytes(size);
  const json = `{"é":1,"a/b":[{"~":{"filename":"shot.png","url":"${url(bytes)}"}}]}`;
  const [file, ...more] = find(json);
  expect(more).toEqual([]);
  expect(file).toMatchObject({
    pointer: "/a~1b/0/~0/url",
    mime: "image/png",
    name: "shot.png",
    headBytes: 22,
    bytes: size,
  });
  const body = Buffer.from(json);
  expect(body.toString("latin1", file!.start, file!.end)).toBe(bytes.toString("base64"));
  expect(body.toString("latin1", file!.start - 22, file!.start)).toBe("data:image/png;base64,");
});

test("files are found in their order, with the parameters that they have", () => {
  const [first, second] = [randomBytes(9), randomBytes(10)];
  const json = `[{"z":"${url(first)}"},{"a":"${url(second, "DATA:;charset=x;base64,")}"},"${url(second, "data:text/csv;charset=utf-8;base64,")}"]`;
  expect(find(json).map(({ pointer, mime, bytes }) => [pointer, mime, bytes])).toEqual([
    ["/0/z", "image/png", 9],
    ["/2", "text/csv", 10],
  ]);
});

describe("what could not be put back stays where it is", () => {
  const text = url(randomBytes(30));
  test.each([
    ["below the threshold", `{"url":"${text}"}`, 31],
    ["with other text behind it", `{"url":"${text} "}`, 4],
    ["in the middle of a text", `{"text":"see ${text}"}`, 4],
    ["quoted in a text", `{"text":"say \\"${text}\\" twice"}`, 4],
    ["as a name", `{"${text}":1}`, 4],
    ["hidden by a later member", `{"url":"${text}","url":"x"}`, 4],
    ["with an escape in it", `{"url":"${text.replace(/.$/, "\\u0041")}"}`, 4],
    ["without its padding", `{"url":"${url(randomBytes(31)).replaceAll("=", "")}"}`, 4],
    ["with bits that no byte has", '{"url":"data:a/b;base64,AAAAAB=="}', 1],
    ["not in base64", '{"url":"data:text/plain,AAAAAAAAAAAA"}', 1],
    ["without any bytes", '{"url":"data:text/plain;base64,"}', 0],
    ["in what is no JSON", `{"url":"${text}"`, 4],
    ["with a NUL in its name", `{"filename":"a\\u0000.png","url":"${text}"}`, 4],
    ["with half a character in its name", `{"name":"\\ud83d","url":"${text}"}`, 4],
    ["under a NUL", `{"a\\u0000b":["${text}"]}`, 4],
    ["under halves of characters", `{"\\ud800":"${text}","\\ud801":"${text}"}`, 4],
    ["further down than a key is long", `{"${"é".repeat(512)}":"${text}"}`, 4],
  ])("%s", (_, json, thresholdBytes) => {
    expect(find(json, thresholdBytes)).toEqual([]);
  });
});

test("a value of any depth is looked through", () => {
  const json = (depth: number) =>
    `${"[".repeat(depth)}"${url(randomBytes(8))}"${"]".repeat(depth)}`;
  expect(find(json(512))[0]?.pointer).toBe("/0".repeat(512));
  expect(find(json(100_000))).toEqual([]);
});

test("names and places of any characters are taken as they are", () => {
  const json = `{"😀":{"filename":"\\ud83d\\ude00.png","url":"${url(randomBytes(8))}"}}`;
  expect(find(json)).toMatchObject([{ pointer: "/😀/url", name: "😀.png" }]);
});
