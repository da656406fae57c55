import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStyles } from "./read-styles.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-styles-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("without a build there are none", async () => {
  expect(await readStyles(root)).toEqual(new Map());
});

test("what a sheet names is found from any page, and nothing in it ends the element", async () => {
  const folder = join(root, ".next/static/chunks");
  await mkdir(folder, { recursive: true });
  const css = `a{src:url(../media/a.woff2)}b{src:url("./b.svg")}c{src:url(/c.svg)}d{content:"</style>"}`;
  await writeFile(join(folder, "one.css"), css);
  await writeFile(join(folder, "one.js"), "");
  const whole = `a{src:url(/_next/static/media/a.woff2)}b{src:url("/_next/static/chunks/b.svg")}c{src:url(/c.svg)}d{content:"<\\/style>"}`;
  expect(await readStyles(root)).toEqual(new Map([["/_next/static/chunks/one.css", whole]]));
});
