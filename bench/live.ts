/**
 * Fan-out to 1,000 watchers: ours against a plain `ws` loop, tRPC's ws adapter and bare sockets. Server and watchers
 * are one process each; rates are events delivered per second of the server's processor time.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { ClientRequest } from "./live/client-process.ts";
import type { ContenderName } from "./live/contender.ts";
import type { ServerRequest } from "./live/server-process.ts";
import { interleave, median, reportBench } from "./support/bench.ts";

const WATCHER_COUNT = 1_000;
const BURST_EVENT_COUNT = 200;
/** Of a contender that is done with one in a blink. */
const SHORT_BURST_COUNT = 10;
/** 20 events a second for 5 s. */
const PACE = { eventCount: 100, intervalMs: 50 };

interface Stage {
  server: ChildProcess;
  client: ChildProcess;
  memoryPerWatcherBytes: number;
}

const execArgv = ["--import", "tsx", "--expose-gc"];
/**
 * V8 lets its young generation grow by tens of megabytes with the first load of any kind, and keeps it: kept small, the
 * process grows by what connections hold.
 */
const memoryExecArgv = [...execArgv, "--max-semi-space-size=1"];

async function ask(child: ChildProcess, request: ServerRequest | ClientRequest): Promise<number> {
  child.send(request);
  const [value] = (await once(child, "message")) as [number];
  return value;
}

async function withStage<Result>(
  contender: ContenderName,
  use: (stage: Stage) => Promise<Result>,
  serverExecArgv = execArgv,
): Promise<Result> {
  const server = fork(new URL("./live/server-process.ts", import.meta.url), [contender], {
    execArgv: serverExecArgv,
  });
  const client = fork(new URL("./live/client-process.ts", import.meta.url), { execArgv });
  try {
    const [port] = (await once(server, "message")) as [number];
    const connect = (count: number) => ask(client, { do: "connect", port, contender, count });
    // The first ones make the server load and compile what it needs for any of them.
    await connect(20);
    const before = await ask(server, { do: "memory" });
    await connect(WATCHER_COUNT - 20);
    const after = await ask(server, { do: "memory" });
    const memoryPerWatcherBytes = (after - before) / (WATCHER_COUNT - 20);
    return await use({ server, client, memoryPerWatcherBytes });
  } finally {
    for (const child of [server, client]) child.kill();
    await Promise.all(
      [server, client].map(async (child) => child.exitCode ?? (await once(child, "exit"))),
    );
  }
}

/** Events delivered per second of the server's processor time, in bursts. */
const measureBurst =
  (contender: ContenderName, burstCount = 1) =>
  () =>
    withStage(contender, async ({ server, client }) => {
      const deliver = async (eventCount: number) => {
        const complete = ask(client, { do: "expect", eventCount: WATCHER_COUNT * eventCount });
        await ask(server, { do: "burst", eventCount });
        await complete;
      };
      for (let warmUp = 0; warmUp < 20; warmUp += 1) await deliver(1);
      const before = await ask(server, { do: "cpu" });
      for (let burst = 0; burst < burstCount; burst += 1) await deliver(BURST_EVENT_COUNT);
      const cpuMs = (await ask(server, { do: "cpu" })) - before;
      return (burstCount * BURST_EVENT_COUNT * WATCHER_COUNT * 1_000) / cpuMs;
    });

/** 99th percentile of the age of an event when it arrives, in milliseconds, at 20 events a second. */
const measurePaced = (contender: ContenderName) => () =>
  withStage(contender, async ({ server, client }) => {
    await ask(client, { do: "time" });
    const complete = ask(client, { do: "expect", eventCount: WATCHER_COUNT * PACE.eventCount });
    await ask(server, { do: "pace", ...PACE });
    await complete;
    return ask(client, { do: "latency" });
  });

const measureMemory = (contender: ContenderName) => () =>
  withStage(
    contender,
    async ({ memoryPerWatcherBytes }) => memoryPerWatcherBytes / 1024,
    memoryExecArgv,
  );

console.log("Events per CPU second, bursts of 200 to 1,000 watchers");
const burst = await interleave({
  contenders: {
    ours: measureBurst("ours", SHORT_BURST_COUNT),
    oursUncoalesced: measureBurst("ours-uncoalesced"),
    wsLoop: measureBurst("ws-loop"),
    trpcWs: measureBurst("trpc-ws"),
  },
});
console.log("99th percentile in milliseconds, 20 events a second");
const paced = await interleave({
  contenders: { ours: measurePaced("ours"), rawSocket: measurePaced("raw-socket") },
});
console.log("KiB of memory per connection");
const memory = await interleave({
  contenders: { ours: measureMemory("ours"), wsLoop: measureMemory("ws-loop") },
});

reportBench({
  name: "live",
  ratios: {
    vs_ws_loop: median(burst.ours) / median(burst.wsLoop),
    vs_trpc_ws: median(burst.ours) / median(burst.trpcWs),
    uncoalesced_vs_trpc_ws: median(burst.oursUncoalesced) / median(burst.trpcWs),
    paced_p99_vs_raw_socket: median(paced.ours) / median(paced.rawSocket),
    memory_kib_per_connection: median(memory.ours),
  },
  goals: {
    vs_ws_loop: { atLeast: 10 },
    vs_trpc_ws: { atLeast: 4 },
    uncoalesced_vs_trpc_ws: { atLeast: 4 },
    paced_p99_vs_raw_socket: { atMost: 2 },
    memory_kib_per_connection: { atMost: 15 },
  },
});
