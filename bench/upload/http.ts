import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createSessionId } from "#lib/ids.ts";
import { forgetPeak, readPeakBytes } from "#server/ingest/testing/peak-memory.ts";
import { type BenchDatabase, openBenchDatabase } from "../support/bench-database.ts";
import { buildMillrace } from "../support/build.ts";
import { startMillrace, startPeer } from "../support/bench-servers.ts";
import { signInForBench } from "../support/sign-in-for-bench.ts";

const BODY_BYTES = 2 * 1024 ** 3;
const chunk = Buffer.alloc(1024 * 1024, "[1,2,3,4,5],");

/** The product's way of a body into its store, and servers that do nothing else; each in a process of its own. */
export async function openHttpContenders() {
  buildMillrace();
  const bench = await openBenchDatabase();
  const cookie = await signInForBench(bench);
  const environment = { DATABASE_URL: bench.url, LOG_LEVEL: "warn", ROLE: "web" };
  const optionsFor = (name: string) => ({ dataDir: join(bench.dataDir, name), environment });
  const ours = await startMillrace(optionsFor("web"));
  const forward = await startPeer("forward", optionsFor("forward"));
  const hash = await startPeer("hash", optionsFor("hash"));
  let growthBytes = 0;

  return {
    contenders: {
      async ours() {
        const idleBytes = await forgetPeak(ours.pid);
        const path = `/api/v1/sessions/${createSessionId()}/ingest`;
        const rate = await sendBody(`${ours.url}${path}`, cookie);
        growthBytes = Math.max(growthBytes, (await readPeakBytes(ours.pid)) - idleBytes);
        await clear(bench);
        return rate;
      },
      forward: () => sendBody(forward.url, cookie),
      hash: () => sendBody(hash.url, cookie),
    },
    /** The most that the product's process grew by while a body came. */
    growthBytes: () => growthBytes,
    async close() {
      for (const server of [ours, forward, hash]) await server.stop();
      await bench.close();
    },
  };
}

/** Megabytes a second, until the answer. */
async function sendBody(url: string, cookie: string): Promise<number> {
  const beganMs = performance.now();
  const sent = request(url, {
    method: "POST",
    headers: { cookie, "content-type": "application/json", "content-length": BODY_BYTES },
  });
  const answered = new Promise<void>((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200 || response.statusCode === 202) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}: ${body}`));
      }, reject);
    });
  });
  const body = function* () {
    for (let left = BODY_BYTES; left > 0; left -= chunk.byteLength) yield chunk;
  };
  await pipeline(Readable.from(body(), { objectMode: false }), sent);
  await answered;
  return BODY_BYTES / 1e6 / ((performance.now() - beganMs) / 1000);
}

/** What one measurement stored must not slow the next one down; its files go with the bench's folder. */
async function clear({ database }: BenchDatabase): Promise<void> {
  await database.sql`truncate sessions cascade`;
  await database.sql`truncate blobs cascade`;
  await database.sql`delete from pgboss.job`;
}
