import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "./exit-codes.ts";
import { listLines } from "./list-lines.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-lines-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

async function listed(text: string, hasUploads = true) {
  const path = join(folder, "lines");
  await writeFile(path, text);
  const list = await listLines(path, { hasUploads });
  const bytes = Buffer.from(text);
  const texts = list.lines.map(({ start, end }) => bytes.subarray(start, end).toString());
  return { ...list, texts };
}

test("lines are found where they lie, without blank ones and a byte order mark", async () => {
  const { lines, texts } = await listed('\uFEFF{"index":1}\n\n \n{"a":"ü"}\r\n{"index":0}');
  expect(texts).toEqual(['{"index":1}', '{"a":"ü"}\r', '{"index":0}']);
  expect(lines.map(({ number }) => number)).toEqual([1, 4, 5]);
  expect(lines.map(({ index }) => index)).toEqual([1, 1, 0]);
  expect(lines.map(({ isIndexStated }) => isIndexStated)).toEqual([true, false, true]);
});

test("a line of 128 KiB is to be uploaded, one byte less is not", async () => {
  const long = `{"index":7,"data":"${"x".repeat(128 * 1024 - 21)}"}`;
  const short = long.replace('"xx', '"x');
  const text = `\uFEFF${long}\n${short}\n`;
  const { lines, texts } = await listed(text);
  expect(texts).toEqual([long, short]);
  expect(lines).toMatchObject([
    { index: 7, longSha256: sha256(long) },
    { index: 7, longSha256: null },
  ]);
  expect((await listed(text, false)).lines[0]).toMatchObject({ longSha256: null });
});

test("a file without lines is no batch", async () => {
  await expect(listed("\n \n")).rejects.toMatchObject({ exitCode: exitCodes.usage });
  expect(await listed("{}\nrubbish")).toMatchObject({ expectedCount: 2 });
});
