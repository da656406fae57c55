import { expect, test } from "vitest";
import { readDataUrl } from "./read-data-url.ts";

const gif = Buffer.from("GIF89a\u0020\u0003\u0058\u0002 and more", "latin1").toString("base64");

test("kind and size of a picture stand in the head of its address", () => {
  const picture = { type: "image/gif", width: 800, height: 600 };
  const told = { type: "image/gif", byteCount: 19, picture };
  expect(readDataUrl(`data:image/gif;base64,${gif}`)).toMatchObject({ picture });
  expect(readDataUrl(`DATA:image/gif;name=a.gif;base64,${gif}`)).toMatchObject({
    ...told,
    byteCount: expect.closeTo(19, -1),
  });
});

test("an address that was cut tells what is there", () => {
  for (let length = 14; length < gif.length; length += 1)
    expect(readDataUrl(`data:image/gif;base64,${gif.slice(0, length)}`)?.picture?.width).toBe(800);
  expect(readDataUrl(`data:image/gif;base64,${gif.slice(0, 9)}`)?.picture).toBeNull();
});

test("what is called a picture and is none has no size", () => {
  const page = Buffer.from("<script>alert(1)</script>").toString("base64");
  expect(readDataUrl(`data:image/png;base64,${page}`)?.picture).toBeNull();
  expect(readDataUrl("data:image/png;base64,%%%")?.picture).toBeNull();
});

test.each(["https://example.com/a.png", "data:text/plain,hello", "data:image/png,abc", ""])(
  "%j holds no file",
  (url) => {
    expect(readDataUrl(url)).toBeNull();
  },
);
