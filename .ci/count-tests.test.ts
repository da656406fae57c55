import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { countTests } from "./count-tests.ts";

const folder = mkdtempSync(path.join(tmpdir(), "millrace-count-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(report: object): string {
  const file = path.join(folder, "report.json");
  writeFileSync(file, JSON.stringify(report));
  return file;
}

test("counts a report of Vitest", () => {
  const report = { numPassedTests: 7, numFailedTests: 2, numPendingTests: 1, success: false };
  expect(countTests(written(report))).toEqual({ passed: 7, failed: 2, skipped: 1 });
});

test("counts an end-to-end test as passed that needed a second try", () => {
  const report = { stats: { expected: 5, unexpected: 1, flaky: 2, skipped: 3 } };
  expect(countTests(written(report))).toEqual({ passed: 7, failed: 1, skipped: 3 });
});

test("counts nothing where no report was written", () => {
  expect(countTests(path.join(folder, "missing.json"))).toEqual({
    passed: 0,
    failed: 0,
    skipped: 0,
  });
});

test("refuses a report of neither shape", () => {
  expect(() => countTests(written({ tests: 1 }))).toThrow("stats");
});
