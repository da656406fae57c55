import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "#server/database/testing/test-database.ts";
import type { ExportReport, ExportTask } from "./testing/export-child.ts";
import { type SeededSession, seedSession } from "./testing/seed-session.ts";

const GIGABYTE = 1_000_000_000;
const MEBIBYTE = 1024 * 1024;

let copy: TestDatabase;
let blobsPath: string;
let session: SeededSession;

beforeAll(async () => {
  copy = await createTestDatabase();
  blobsPath = await mkdtemp(join(tmpdir(), "millrace-export-"));
  session = await seedSession(copy.database, { totalBytes: GIGABYTE, sizes: "real" });
}, 240_000);
afterAll(async () => {
  await copy.drop();
  await rm(blobsPath, { recursive: true });
});

async function exportIt(task: Pick<ExportTask, "format" | "pauseMs">): Promise<ExportReport> {
  const { sessionId } = session;
  const whole: ExportTask = { databaseUrl: copy.url, blobsPath, sessionId, ...task };
  const script = join(import.meta.dirname, "testing/export-child.ts");
  const args = ["--import", "tsx", script, JSON.stringify(whole)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as ExportReport;
}

test.each([
  ["a reader at full speed", "json", 0],
  ["a reader who stands still, and then reads from a temporary blob", "json", 1_500],
  ["a reader of NDJSON", "ndjson", 0],
] as const)(
  "a gigabyte in 300,000 items takes at most 64 MiB: %s",
  async (_, format, pauseMs) => {
    const report = await exportIt({ format, pauseMs });
    expect(session.rowCount).toBeGreaterThan(100_000);
    expect(report.bytes).toBeGreaterThan(session.bytes);
    expect(report.peakGrowthBytes).toBeLessThan(64 * MEBIBYTE);
  },
  120_000,
);
