import { once } from "node:events";
import { createExecutionId } from "#lib/ids.ts";
import { readPorts } from "#lib/stream-ports.ts";
import { readEnvironment } from "#server/env.ts";
import { serveServices } from "#server/http/testing/serve-services.ts";
import { openServices } from "#server/open-services.ts";
import { startExecution } from "../start-execution.ts";
import { createNumberedChunk, NUMBERED_CHUNK_BYTES } from "./numbered-chunk.ts";

/** What the process that started this one needs to read what it writes. */
export interface OutputChildAnswer {
  url: string;
  cookie: string;
  executionId: string;
}

const WARM_UP_BYTES = 24 * 1024 * 1024;

/** A server in a process of its own that runs one job: so many bytes out of a binary port. Ends with its input. */
const [databaseUrl = "", dataDir = "", sessionId = "", bytesText = "0"] = process.argv.slice(2);
const totalBytes = Number(bytesText);
const stopping = new AbortController();
const environment = readEnvironment({
  PATH: process.env["PATH"],
  DATABASE_URL: databaseUrl,
  DATA_DIR: dataDir,
  MIN_FREE_DISK_BYTES: "1",
  SANDBOX: "process",
  LOG_LEVEL: "error",
});
const { services, close } = await openServices(environment, {
  draining: stopping.signal,
  onLost: () => process.exit(1),
});
const web = await serveServices(services);
const executionId = createExecutionId();
const ports = readPorts({ properties: { file: { "x-stream": "binary" } } });

/** So many bytes out of one port, in numbered chunks. */
async function stream(id: string, bytes: number): Promise<void> {
  const target = { sessionId, generation: 1, executionId: id };
  const { done } = startExecution(services, { target, ports }, async ({ emit }) => {
    for (let sent = 0; sent < bytes; sent += NUMBERED_CHUNK_BYTES) {
      const chunk = createNumberedChunk(sent / NUMBERED_CHUNK_BYTES);
      await emit({ type: "binary-delta", port: "file", bytes: chunk.subarray(0, bytes - sent) });
    }
    await emit({ type: "finish" });
  });
  await done;
}

// Code that is compiled with its first use is no memory of an output's.
if (totalBytes > 0) await stream(createExecutionId(), WARM_UP_BYTES);
// The parent measures from here on; it knows of this process when it can be told to begin.
const begun = once(process, "SIGUSR2");
const answer: OutputChildAnswer = { url: web.url, cookie: web.cookie, executionId };
console.log(`answer ${JSON.stringify(answer)}`);
process.stdin.resume();
const ended = once(process.stdin, "end");
if (totalBytes > 0) {
  await begun;
  await stream(executionId, totalBytes);
}
await ended;
stopping.abort();
await web.close();
await services.queue.stop({ timeoutMs: 1_000 });
await close();
process.exit(0);
