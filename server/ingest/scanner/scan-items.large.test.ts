import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const PEAK_MAX_BYTES = 128 * 1024 * 1024;

let folder: string;
let child: string;

/** As one file without loaders, so that the process has nothing in it but Node and the scanner. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "millrace-scan-"));
  child = path.join(folder, "child.mjs");
  const entry = path.join(import.meta.dirname, "testing/memory-child.ts");
  const options = { bundle: true, platform: "node", format: "esm" } as const;
  await build({ ...options, entryPoints: [entry], outfile: child, logLevel: "error" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["items of 49 MB", { items: 30, skipped: 0 }],
  ["items of 4 MB", { items: 250, skipped: 0 }],
  ["oversized items", { items: 0, skipped: 10 }],
  ["a string of 500 MB", { items: 1, skipped: 1 }],
  ["a key of 500 MB", { items: 1, skipped: 0 }],
  ["an id of 500 MB", { items: 0, skipped: 1 }],
  ["500 MB of white space", { items: 1, skipped: 0 }],
  ["a deep nest", { items: 0, skipped: 0, fault: "too_deep" }],
  ["a broken line of 500 MB", { items: 1, skipped: 1 }],
  ["a message of 300,000 parts", { items: 300_001, skipped: 0 }],
])("%s: never more than 128 MiB", (document, expected) => {
  const output = execFileSync(process.execPath, [child, document], { encoding: "utf8" });
  const result = JSON.parse(output) as { peakBytes: number };
  console.log(`${document}: ${Math.round(result.peakBytes / 2 ** 20)} MiB`);
  expect(result).toMatchObject({ fault: null, ...expected });
  expect(result.peakBytes).toBeLessThan(PEAK_MAX_BYTES);
});
