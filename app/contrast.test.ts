import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

type Scheme = "light" | "dark";

const css = readFileSync(new URL("globals.css", import.meta.url), "utf8");

/** The two colours of a token, as written in globals.css. */
function readToken(name: string): Record<Scheme, string> {
  const match = new RegExp(
    `--${name}: light-dark\\(oklch\\(([^)]+)\\), oklch\\(([^)]+)\\)\\)`,
  ).exec(css);
  if (!match) throw new Error(`no token --${name}`);
  return { light: match[1] ?? "", dark: match[2] ?? "" };
}

/** WCAG relative luminance of an `oklch()` colour, clipped to sRGB. */
function luminance(oklch: string): number {
  const [l = 0, c = 0, h = 0] = oklch.split(/\s+/).map(Number);
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short);
  const green = clip(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short);
  const blue = clip(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const surfaces = ["canvas", "surface", "sunken", "hover"];
const texts = [
  "ink",
  "soft",
  "faint",
  "accent",
  "running",
  "success",
  "warning",
  "danger",
  "ansi-magenta",
];
const codeInks = [
  "code-keyword",
  "code-string",
  "code-constant",
  "code-function",
  "code-parameter",
];
const washes = ["accent", "success", "warning", "danger"];

describe.each(["light", "dark"] as const)("in the %s scheme", (scheme) => {
  const colour = (name: string) => readToken(name)[scheme];

  test.each(texts)("%s text is readable on every surface", (text) => {
    for (const surface of surfaces) {
      expect(contrast(colour(text), colour(surface)), surface).toBeGreaterThanOrEqual(4.5);
    }
  });

  test.each([...codeInks, "soft", "faint"])("%s of code is readable, in a diff too", (ink) => {
    for (const ground of ["surface", "sunken", "success-wash", "danger-wash"])
      expect(contrast(colour(ink), colour(ground)), ground).toBeGreaterThanOrEqual(4.5);
  });

  test.each(washes)("%s text and ink are readable on their wash", (name) => {
    for (const text of [name, "ink", "soft"]) {
      expect(contrast(colour(text), colour(`${name}-wash`)), text).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("what was looked for is readable where it is marked", () => {
    expect(contrast(colour("ink"), colour("found"))).toBeGreaterThanOrEqual(4.5);
  });

  test("the label of a filled button is readable", () => {
    expect(contrast(colour("on-accent"), colour("accent"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour("on-accent"), colour("accent-strong"))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(surfaces)("the edge of a control shows on %s", (surface) => {
    expect(contrast(colour("edge"), colour(surface))).toBeGreaterThanOrEqual(3);
  });
});
