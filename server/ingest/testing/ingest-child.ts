import { once } from "node:events";
import { startBatchWorker } from "#server/batches/batch-worker.ts";
import { serveServices } from "#server/http/testing/serve-services.ts";
import { readEnvironment } from "#server/env.ts";
import { openServices } from "#server/open-services.ts";
import { startIngestWorker } from "../ingest-worker.ts";

/** What the process that started this one needs to push to it. */
export interface IngestChildAnswer {
  url: string;
  cookie: string;
}

/** A server in a process of its own, without pages and agents; ends with its input. */
const [databaseUrl = "", dataDir = "", role = "web,worker"] = process.argv.slice(2);
const stopping = new AbortController();
const environment = readEnvironment({
  PATH: process.env["PATH"],
  DATABASE_URL: databaseUrl,
  DATA_DIR: dataDir,
  ROLE: role,
  MIN_FREE_DISK_BYTES: "1",
  SANDBOX: "process",
  LOG_LEVEL: "error",
});
const { services, close } = await openServices(environment, {
  draining: stopping.signal,
  onLost: () => process.exit(1),
});
const web = role.includes("web") ? await serveServices(services) : null;
if (role.includes("worker")) {
  await startIngestWorker(services, { over: stopping.signal });
  await startBatchWorker(services, { over: stopping.signal });
}
const answer: IngestChildAnswer = { url: web?.url ?? "", cookie: web?.cookie ?? "" };
console.log(`answer ${JSON.stringify(answer)}`);
process.stdin.resume();
await once(process.stdin, "end");
stopping.abort();
await web?.close();
await services.queue.stop({ timeoutMs: 5_000 });
await close();
process.exit(0);
