import { expect, test } from "vitest";
import { readPictureSize } from "./picture-size.ts";

const base64 = (...bytes: (number | string)[]) =>
  Buffer.concat(
    bytes.map((piece) =>
      typeof piece === "number" ? Buffer.from([piece]) : Buffer.from(piece, "latin1"),
    ),
  ).toString("base64");

test.each([
  ["PNG", base64("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR", "\0\0\u0003\u0020", "\0\0\u0002\u0058")],
  ["GIF", base64("GIF89a", 0x20, 3, 0x58, 2, 0)],
  ["JPEG", base64(0xff, 0xd8, 0xff, 0xe0, 0, 4, "ab", 0xff, 0xc0, 0, 17, 8, 2, 0x58, 3, 0x20, 3)],
  ["WebP", base64("RIFF\0\0\0\0WEBPVP8X\n\0\0\0", "\0\0\0\0", 0x1f, 3, 0, 0x57, 2, 0)],
])("the size of a %s is in its head", (_, picture) => {
  expect(readPictureSize(picture)).toEqual({ width: 800, height: 600 });
});

test.each(["", "%%%", base64("\u0089PNG"), base64(0xff, 0xd8, 0xff, 0xe0), base64("BM")])(
  "%j tells no size",
  (picture) => {
    expect(readPictureSize(picture)).toBeNull();
  },
);
