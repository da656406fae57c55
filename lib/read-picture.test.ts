import { expect, test } from "vitest";
import { readPicture } from "./read-picture.ts";

const bytes = (...pieces: (number | string)[]) =>
  Buffer.concat(
    pieces.map((piece) =>
      typeof piece === "number" ? Buffer.from([piece]) : Buffer.from(piece, "latin1"),
    ),
  );

const png = bytes("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR", "\0\0\u0003\u0020", "\0\0\u0002\u0058");
const brands = ["\0\0\0\u0018ftyp", "mif1", "\0\0\0\0", "avif", "MA1B"];
const ispe = (size: string) => ["\0\0\0\u0014ispe\0\0\0\0", size];

test.each([
  ["image/png", png],
  ["image/gif", bytes("GIF89a", 0x20, 3, 0x58, 2, 0)],
  ["image/jpeg", bytes(0xff, 0xd8, 0xff, 0xe0, 0, 4, "ab", 0xff, 0xc0, 0, 17, 8, 2, 0x58, 3, 0x20)],
  ["image/webp", bytes("RIFF\0\0\0\0WEBPVP8X\n\0\0\0", "\0\0\0\0", 0x1f, 3, 0, 0x57, 2, 0)],
  [
    "image/avif",
    bytes(
      ...brands,
      ...ispe("\0\0\0\u0020\0\0\0\u0020"),
      ...ispe("\0\0\u0003\u0020\0\0\u0002\u0058"),
    ),
  ],
])("kind and size of an %s are in its head", (type, head) => {
  expect(readPicture(head)).toEqual({ type, width: 800, height: 600 });
});

test("a picture is read wherever in its memory it begins", () => {
  expect(readPicture(bytes("abc", "\u0089PNG").subarray(3))).toBeNull();
  expect(readPicture(Buffer.concat([bytes("abc"), png]).subarray(3))?.width).toBe(800);
});

test.each([
  ["nothing", ""],
  ["its first bytes alone", "\u0089PNG\r"],
  ["a JPEG without a frame", "\u00ff\u00d8\u00ff\u00e0"],
  ["a kind that not every browser draws", "BM"],
  ["a drawing", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ["a page", "<!doctype html><script>alert(1)</script>"],
  ["a film", "\0\0\0\u0018ftypisom\0\0\0\0mp42MA1B"],
  ["a picture without a pixel", "GIF89a\0\0\0\0"],
])("%s is no picture", (_, head) => {
  expect(readPicture(bytes(head))).toBeNull();
});
