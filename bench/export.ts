import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import type { ExportReport, ExportTask } from "#server/exports/testing/export-child.ts";
import { seedSession } from "#server/exports/testing/seed-session.ts";
import { log } from "#server/log.ts";
import { copyBodies, readExport, readFileBytes, readPages } from "./export/contenders.ts";
import { interleave, median, reportBench } from "./support/bench.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { readCpuSeconds } from "./support/cpu-seconds.ts";

// Megabytes a second of a whole session of 1 GB in small parts: as a snapshot, against COPY TO STDOUT of the same bodies through the
// same driver, which is the most that PostgreSQL gives, against pages of 30 rows, and against a file of the same bytes.
// A busy machine slows them down unevenly: the same is judged by seconds of CPU, of this process and the database's.
// Afterwards two processes of their own export it, one with a reader that stands still, and tell their memory.

const TOTAL_BYTES = Number(process.env["BENCH_EXPORT_BYTES"] ?? 1_000_000_000);
const MEGABYTE = 1_000_000;
const PAUSE_MS = 2_000;

const bench = await openBenchDatabase();
const { database } = bench;
const blobsPath = join(bench.dataDir, "blobs");
const services = { database, blobs: createFsBlobStore({ rootPath: blobsPath }), log };
const session = await seedSession(database, { totalBytes: TOTAL_BYTES, sizes: "small" });
const { sessionId } = session;
console.log(`${session.rowCount} items, ${Math.round(session.bytes / MEGABYTE)} MB`);
const filePath = join(bench.dataDir, "export.json");
await writeExportFile();

const cpuRates: Record<string, number[]> = {};
const samples = await interleave({
  contenders: {
    ours: () => measure("ours", () => readExport(services, sessionId)),
    copy: () => measure("copy", () => copyBodies(database, sessionId)),
    pages: () => measure("pages", () => readPages(database, sessionId)),
    file: () => measure("file", () => readFileBytes(filePath)),
  },
  repetitions: 3,
  warmUps: 1,
});
const reports = [await exportInChild(0), await exportInChild(PAUSE_MS)];
await bench.close();

const rate = (name: keyof typeof samples) => median(samples[name]);
const cpuRate = (name: string) => median(cpuRates[name]?.slice(1) ?? []);
for (const name of ["ours", "copy", "pages", "file"] as const)
  console.log(
    `${name}: ${Math.round(rate(name))} MB/s, ${Math.round(cpuRate(name))} MB per second of CPU`,
  );
reportBench({
  name: "export",
  ratios: {
    vs_copy: rate("ours") / rate("copy"),
    vs_copy_cpu: cpuRate("ours") / cpuRate("copy"),
    vs_keyset_30: rate("ours") / rate("pages"),
    vs_keyset_30_cpu: cpuRate("ours") / cpuRate("pages"),
    vs_file: rate("ours") / rate("file"),
    rss_growth_mb: growthOf(reports[0]!),
    rss_growth_mb_slow_reader: growthOf(reports[1]!),
  },
  goals: {
    vs_copy: { atLeast: 0.75 },
    vs_keyset_30: { atLeast: 5 },
    rss_growth_mb: { atMost: 64 },
    rss_growth_mb_slow_reader: { atMost: 64 },
  },
});

/** Megabytes a second; megabytes per second of CPU are noted beside. */
async function measure(name: string, read: () => Promise<number>): Promise<number> {
  const before = await readCpuSeconds(database);
  const beganMs = performance.now();
  const megabytes = (await read()) / MEGABYTE;
  const seconds = (performance.now() - beganMs) / 1_000;
  const after = await readCpuSeconds(database);
  const own = after.own - before.own;
  const served = after.database - before.database;
  console.log(
    `  ${name}: ${own.toFixed(1)} s of CPU, and ${served.toFixed(1)} s of the database's`,
  );
  (cpuRates[name] ??= []).push(megabytes / (own + served));
  return megabytes / seconds;
}

async function writeExportFile(): Promise<void> {
  const file = await open(filePath, "w");
  await readExport(services, sessionId, async (chunk) => void (await file.write(chunk)));
  await file.close();
}

async function exportInChild(pauseMs: number): Promise<ExportReport> {
  const task: ExportTask = {
    databaseUrl: bench.url,
    blobsPath,
    sessionId,
    format: "json",
    pauseMs,
  };
  const script = join(import.meta.dirname, "../server/exports/testing/export-child.ts");
  const args = ["--import", "tsx", script, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as ExportReport;
}

function growthOf({ peakGrowthBytes }: ExportReport): number {
  return peakGrowthBytes / MEGABYTE;
}
