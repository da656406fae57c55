import { expect, test } from "vitest";
import { largePictureBox, pictureBox } from "./picture-box.ts";

test("a picture has its own shape and is never drawn larger than it is", () => {
  const { style, isCropped } = pictureBox({ width: 800, height: 600 });
  expect(style).toMatchObject({ aspectRatio: 1.3333, width: expect.stringContaining("800px") });
  expect(isCropped).toBe(false);
});

test.each([
  ["a strip", { width: 100, height: 16_000 }, { aspectRatio: 0.5, isCropped: true }],
  ["a banner", { width: 16_000, height: 40 }, { aspectRatio: 6, isCropped: true }],
  ["a single pixel", { width: 1, height: 1 }, { aspectRatio: 1, isCropped: false }],
  ["one whose size is not known", null, { aspectRatio: 1.3333, isCropped: false }],
])("%s has a box that can be seen and pressed", (_, size, { aspectRatio, isCropped }) => {
  const box = pictureBox(size);
  expect(box).toMatchObject({ isCropped, style: { aspectRatio } });
  expect(Number(/([\d.]+)px/.exec(String(box.style.width))?.[1])).toBeGreaterThanOrEqual(32);
});

test("by itself a picture is seen whole, unless it would be too small to see", () => {
  const { style, isScrolled } = largePictureBox({ width: 1_600, height: 1_000 });
  expect(style.width).toMatch(/^min\(1600px, .*vw.*dvh.*1\.6\)\)$/);
  expect(isScrolled).toBe(false);
  const strip = { width: 100, height: 16_000 };
  expect(largePictureBox(strip)).toEqual({ style: strip, isScrolled: true });
});
