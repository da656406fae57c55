import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const PEAK_MAX_BYTES = 192 * 1024 * 1024;

let folder: string;
let child: string;

/** As one file without loaders, so that the process has nothing in it but Node and the reader. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "millrace-transcript-"));
  child = path.join(folder, "child.mjs");
  const entry = path.join(import.meta.dirname, "testing/memory-child.ts");
  const options = { bundle: true, platform: "node", format: "esm" } as const;
  await build({ ...options, entryPoints: [entry], outfile: child, logLevel: "error" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("200 MB of a transcript are read in less memory than they take", () => {
  const output = execFileSync(process.execPath, [child], { encoding: "utf8" });
  const result = JSON.parse(output) as { bytes: number; peakBytes: number };
  console.log(`${Math.round(result.peakBytes / 2 ** 20)} MiB`);
  expect(result).toMatchObject({ parts: 1_201, format: "claude" });
  expect(result.bytes).toBeGreaterThan(197_000_000);
  expect(result.peakBytes).toBeLessThan(PEAK_MAX_BYTES);
});
