import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";
import { createDeferred } from "#lib/create-deferred.ts";
import { openDatabase } from "#server/database/database.ts";
import { registerProcess } from "#server/database/process-registry.ts";
import { openBus } from "#server/live/bus.ts";
import { type NewsServices, transact } from "#server/live/transact.ts";
import { log } from "#server/log.ts";
import { defineJob } from "#server/queue/define-job.ts";
import { openQueue, type Queue } from "#server/queue/queue.ts";
import { startUndertaker } from "#server/sessions/undertaker.ts";
import { quantile, reportBench } from "./support/bench.ts";
import { openBenchDatabase } from "./support/bench-database.ts";

// Enqueue to start of the handler beside the bare NOTIFY round trip of the same server, taken in turns; then how long
// after a worker was killed with SIGKILL its job runs in another one.

const SAMPLES = 200;
const KILLS = 5;

const pingJob = defineJob({
  name: "bench-ping",
  payload: z.object({ n: z.number() }),
  maxAttempts: 5,
  expiresInSeconds: 600,
});

const role = process.argv[3];
if (role === "victim") await runVictim();
else await runBench();

async function runBench(): Promise<void> {
  const bench = await openBenchDatabase();
  const { database, url } = bench;
  const processId = "prc_bench";
  const registered = await registerProcess({
    url,
    processId,
    hostId: "host_bench",
    roles: ["worker"],
    slots: 1,
    onLost: () => {},
  });
  const bus = await openBus({ databaseUrl: url, database, processId, log, hasPeers: () => true });
  const services = { database, bus };
  const queue = await openQueue({ ...services, databaseUrl: url, processId, log, supervise: true });
  const undertaker = await startUndertaker({ ...services, processId, log });

  const started = new Map<number, (atMs: number) => void>();
  await queue.work(pingJob, async ({ payload }) => started.get(payload.n)?.(performance.now()), {
    concurrency: 4,
  });
  const notified = new Map<string, (atMs: number) => void>();
  const listening = await database.sql.listen("bench", (n) => notified.get(n)?.(performance.now()));

  const queueMs: number[] = [];
  const notifyMs: number[] = [];
  for (let n = 0; n < SAMPLES; n += 1) {
    const atStart = createDeferred<number>();
    started.set(n, atStart.resolve);
    const enqueuedMs = performance.now();
    await transact(services, (tx) => queue.enqueue(pingJob, { n }, { tx }));
    queueMs.push((await atStart.promise) - enqueuedMs);

    const atNotify = createDeferred<number>();
    notified.set(String(n), atNotify.resolve);
    const sentMs = performance.now();
    await database.sql.notify("bench", String(n));
    notifyMs.push((await atNotify.promise) - sentMs);
  }
  const restartMs = await measureRestarts(url, { queue, services, started });

  console.log(`enqueue to start, ms: p50 ${quantile(queueMs, 0.5)} p95 ${quantile(queueMs, 0.95)}`);
  console.log(`bare NOTIFY, ms: p50 ${quantile(notifyMs, 0.5)} p95 ${quantile(notifyMs, 0.95)}`);
  console.log(`killed to restarted, ms: ${restartMs.map(Math.round).join(", ")}`);
  reportBench({
    name: "queue",
    ratios: {
      vs_notify_p50: quantile(queueMs, 0.5) / quantile(notifyMs, 0.5),
      vs_20_ms_p95: quantile(queueMs, 0.95) / 20,
      vs_2_s_restart: Math.max(...restartMs) / 2_000,
    },
    goals: { vs_20_ms_p95: { atMost: 1 }, vs_2_s_restart: { atMost: 1 } },
  });

  await listening.unlisten();
  await queue.stop({ timeoutMs: 1_000 });
  await undertaker.stop();
  await bus.close();
  await registered.release();
  await bench.close();
}

interface Restarts {
  queue: Queue;
  services: NewsServices;
  /** Who waits for the start of which job. */
  started: Map<number, (atMs: number) => void>;
}

/** Only a victim takes the first attempt: our own workers of that queue begin when it has been killed. */
async function measureRestarts(
  url: string,
  { queue, services, started }: Restarts,
): Promise<number[]> {
  const restartMs: number[] = [];
  for (let round = 0; round < KILLS; round += 1) {
    const n = SAMPLES + round;
    const killJob = { ...pingJob, name: `bench-kill-${round}` };
    const victim = fork(import.meta.filename, ["queue", "victim", url, killJob.name], {
      execArgv: process.execArgv,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    await nextMessage(victim);
    await transact(services, (tx) => queue.enqueue(killJob, { n }, { tx }));
    await nextMessage(victim);
    const atStart = createDeferred<number>();
    started.set(n, atStart.resolve);
    await queue.work(killJob, async ({ payload }) => started.get(payload.n)?.(performance.now()), {
      concurrency: 1,
    });
    victim.kill("SIGKILL");
    const killedMs = performance.now();
    restartMs.push((await atStart.promise) - killedMs);
  }
  return restartMs;
}

async function nextMessage(child: ChildProcess): Promise<void> {
  await once(child, "message");
}

/** Takes a job and never ends it. */
async function runVictim(): Promise<void> {
  const [url = "", name = ""] = process.argv.slice(4);
  const database = openDatabase(url);
  const processId = `prc_victim_${process.pid}`;
  await registerProcess({
    url,
    processId,
    hostId: "host_bench",
    roles: ["worker"],
    slots: 1,
    onLost: () => {},
  });
  const bus = await openBus({ databaseUrl: url, database, processId, log, hasPeers: () => true });
  const options = { database, bus, databaseUrl: url, processId, log, supervise: false };
  const queue = await openQueue(options);
  await queue.work(
    { ...pingJob, name },
    async () => {
      process.send?.("started");
      await new Promise(() => {});
    },
    { concurrency: 1 },
  );
  process.send?.("ready");
}
