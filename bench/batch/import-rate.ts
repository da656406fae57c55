import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { startBatchWorker } from "#server/batches/batch-worker.ts";
import { readEnvironment } from "#server/env.ts";
import { serveServices, type ServedServices } from "#server/http/testing/serve-services.ts";
import { startIngestWorker } from "#server/ingest/ingest-worker.ts";
import { log } from "#server/log.ts";
import { openServices } from "#server/open-services.ts";
import { delayStatements } from "./delay-statements.ts";

const LINE_BYTES = 1_000;
/** A body comes in such pieces: a group of lines each. */
const CHUNK_BYTES = 16_384;

/** Sessions a second, from the first byte of a request to the last item in its session. */
export interface ImportRates {
  measure(concurrency: number, lineCount: number): Promise<number>;
  close(): Promise<void>;
}

/** A server with its workers in this process, whose every store call takes `storeDelayMs` longer. */
export async function openImportRates({
  storeDelayMs,
}: {
  storeDelayMs: number;
}): Promise<ImportRates> {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  log.level = "warn";
  const ending = new AbortController();
  const over = ending.signal;
  const environment = readEnvironment({
    PATH: process.env["PATH"],
    DATA_DIR: dataDir,
    SANDBOX: "process",
    MIN_FREE_DISK_BYTES: "1",
  });
  const near = await openServices(environment, { onLost() {}, draining: over });
  const database = delayStatements(near.services.database, storeDelayMs);
  const services = { ...near.services, database };
  const workers = [
    await startIngestWorker(services, { over }),
    await startBatchWorker(services, { over }),
  ];

  async function measure(concurrency: number, lineCount: number): Promise<number> {
    const receiving = { ...environment, BATCH_INGEST_CONCURRENCY: concurrency };
    const web = await serveServices({ ...services, environment: receiving });
    const batchId = await makeBatch(web, { concurrency, expectedCount: lineCount });
    const startMs = performance.now();
    await sendLines(web, { batchId, lineCount });
    await untilDone(web, batchId);
    const rate = (lineCount * 1_000) / (performance.now() - startMs);
    await web.close();
    const [row] = await near.services.database.sql<{ items: number }[]>`
      select count(*)::int as items from items
      join batch_items i on i.session_id = items.session_id where i.batch_id = ${batchId}`;
    if (row?.items !== lineCount) throw new Error(`${row?.items} items of ${lineCount} are there`);
    return rate;
  }

  return {
    measure,
    async close() {
      ending.abort();
      await Promise.all(workers.map((worker) => worker.stop()));
      await near.services.queue.stop({ timeoutMs: 5_000 });
      await near.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function ask<Answer>({ url, cookie }: ServedServices, path: string, init: RequestInit = {}) {
  const headers = { cookie, ...(init.headers as Record<string, string>) };
  const response = await fetch(`${url}/api/v1/batches${path}`, { ...init, headers });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Answer;
}

async function makeBatch(web: ServedServices, asked: object): Promise<string> {
  const body = JSON.stringify({ kind: "import", ...asked });
  const { batch } = await ask<{ batch: { batchId: string } }>(web, "", { method: "POST", body });
  return batch.batchId;
}

function sendLines(
  web: ServedServices,
  { batchId, lineCount }: { batchId: string; lineCount: number },
): Promise<unknown> {
  const lines = Array.from({ length: lineCount }, (_, index) => lineOf(index));
  const body = Buffer.from(`${lines.join("\n")}\n`);
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.byteLength; start += CHUNK_BYTES)
    chunks.push(body.subarray(start, start + CHUNK_BYTES));
  return ask(web, `/${batchId}/items`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: Readable.toWeb(Readable.from(chunks)) as BodyInit,
    duplex: "half",
  } as RequestInit);
}

/** A session of one item. */
function lineOf(index: number): string {
  const line = (title: string) =>
    JSON.stringify({ index, data: [{ type: "session", data: { title } }] });
  return line("x".repeat(LINE_BYTES - line("").length));
}

async function untilDone(web: ServedServices, batchId: string): Promise<void> {
  for (;;) {
    const { batch } = await ask<{ batch: { state: string; counts: { failed: number } } }>(
      web,
      `/${batchId}?wait=60`,
    );
    if (batch.counts.failed > 0) throw new Error(`${batch.counts.failed} lines failed`);
    if (batch.state === "done") return;
  }
}
