import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkDataDir } from "./check-data-dir.ts";
import { EnvironmentError } from "./env.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-data-dir-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a folder that is missing is made, and nothing stays in it", async () => {
  await checkDataDir(join(folder, "deep", "data"));
  await checkDataDir(join(folder, "deep", "data"));
  expect(await readdir(join(folder, "deep", "data"))).toEqual([]);
});

test("what is no folder, below none, or not to be written is told by name with what is wanted", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  for (const path of [file, join(file, "data"), "/proc/millrace", "/sys/kernel"]) {
    const checking = checkDataDir(path);
    await expect(checking).rejects.toBeInstanceOf(EnvironmentError);
    await expect(checking).rejects.toThrow(`DATA_DIR: ${path} `);
    await expect(checking).rejects.toThrow("must be a folder");
  }
});
