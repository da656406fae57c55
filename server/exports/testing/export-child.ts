import { setTimeout as wait } from "node:timers/promises";
import type { ExportFormat } from "#lib/export.ts";
import { createFsBlobStore } from "#server/blobs/fs-blob-store.ts";
import { openDatabase } from "#server/database/database.ts";
import { forgetPeak, readPeakBytes } from "#server/ingest/testing/peak-memory.ts";
import { log } from "#server/log.ts";
import { exportSession } from "../export-session.ts";

/** What a process is to export, as JSON in its first argument. */
export interface ExportTask {
  databaseUrl: string;
  blobsPath: string;
  sessionId: string;
  format: ExportFormat;
  /** Of the reader after its first chunk; the rest is then read at full speed from a temporary blob. */
  pauseMs: number;
}

export interface ExportReport {
  bytes: number;
  seconds: number;
  /** Of this process, user and system. */
  cpuSeconds: number;
  /** Above what was resident after a first export. */
  peakGrowthBytes: number;
}

/** Exports a session twice, and tells of the second time. */
async function main(task: ExportTask): Promise<void> {
  log.level = "warn";
  const database = openDatabase(task.databaseUrl, { maxConnections: 4 });
  const blobs = createFsBlobStore({ rootPath: task.blobsPath });
  const run = async (maxBytes: number) => {
    const { chunks } = await exportSession(
      { database, blobs, log },
      {
        sessionId: task.sessionId,
        generation: 1,
        format: task.format,
        signal: new AbortController().signal,
        limits: task.pauseMs === 0 ? {} : { transactionMs: task.pauseMs / 2 },
      },
    );
    let bytes = 0;
    for await (const chunk of chunks) {
      if (bytes === 0) await wait(task.pauseMs);
      bytes += chunk.byteLength;
      if (bytes > maxBytes) break;
    }
    return bytes;
  };
  await run(64 * 1024 * 1024);
  const before = await forgetPeak(process.pid);
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const bytes = await run(Infinity);
  const seconds = (performance.now() - beganMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const peakGrowthBytes = (await readPeakBytes(process.pid)) - before;
  const report: ExportReport = {
    bytes,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakGrowthBytes,
  };
  process.stdout.write(JSON.stringify(report));
  await database.close();
}

await main(JSON.parse(process.argv[2] ?? "") as ExportTask);
