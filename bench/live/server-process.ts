import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Contender, ContenderName } from "./contender.ts";
import { startOurs } from "./ours.ts";
import { startRawSocket, startTrpcWs, startWsLoop } from "./peers.ts";

/** What the bench asks of this process; each is answered with a number. */
export type ServerRequest =
  | { do: "burst"; eventCount: number }
  /** Bytes of memory that the process occupies after a garbage collection. */
  | { do: "memory" }
  | { do: "pace"; eventCount: number; intervalMs: number }
  /** Milliseconds of processor time since the process began. */
  | { do: "cpu" };

const starters: Record<ContenderName, () => Contender> = {
  ours: () => startOurs({ isCoalesced: true }),
  "ours-uncoalesced": () => startOurs({ isCoalesced: false }),
  "ws-loop": startWsLoop,
  "trpc-ws": startTrpcWs,
  "raw-socket": startRawSocket,
};

const contender = starters[process.argv[2] as ContenderName]();
contender.server.listen({ port: 0, host: "127.0.0.1", backlog: 2_000 }, () => {
  process.send?.((contender.server.address() as AddressInfo).port);
});

process.on("message", (request: ServerRequest) => {
  void answer(request).then((value) => process.send?.(value));
});

async function answer(request: ServerRequest): Promise<number> {
  switch (request.do) {
    case "burst":
      await contender.publish(request.eventCount);
      return request.eventCount;
    case "pace":
      for (let count = 0; count < request.eventCount; count += 1) {
        await contender.publish(1);
        await sleep(request.intervalMs);
      }
      return request.eventCount;
    case "memory":
      globalThis.gc?.();
      await sleep(200);
      globalThis.gc?.();
      return process.memoryUsage.rss();
    case "cpu": {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    }
  }
}
