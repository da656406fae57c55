import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

export interface TestCount {
  passed: number;
  failed: number;
  skipped: number;
}

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
});

const playwrightReport = z.object({
  stats: z.object({
    expected: z.number(),
    unexpected: z.number(),
    flaky: z.number(),
    skipped: z.number(),
  }),
});

/**
 * Reads what Vitest's or Playwright's JSON reporter wrote. A test that failed once and passed when it was tried
 * again, which only CI does, counts as passed; the runner's own output names it. Nothing is counted where there is no report: the stage's exit code tells.
 */
export function countTests(reportPath: string | undefined): TestCount {
  if (reportPath === undefined || !existsSync(reportPath))
    return { passed: 0, failed: 0, skipped: 0 };

  const report: unknown = JSON.parse(readFileSync(reportPath, "utf8"));
  const vitest = vitestReport.safeParse(report);
  if (vitest.success) {
    const { numPassedTests, numFailedTests, numPendingTests } = vitest.data;
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
  }
  const { expected, unexpected, flaky, skipped } = playwrightReport.parse(report).stats;
  return { passed: expected + flaky, failed: unexpected, skipped };
}
