import type { AgentCatalog } from "./agents/agent-catalog.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import type { Database } from "./database/database.ts";
import type { Environment } from "./env.ts";
import type { Bus } from "./live/bus.ts";
import type { LiveHub } from "./live/hub.ts";
import type { Log } from "./log.ts";
import type { Queue } from "./queue/queue.ts";
import type { Sandbox, SandboxDriver } from "./sandboxes/sandbox.ts";

/** Everything that lives as long as the process. Functions ask for the members that they use. */
export interface Services {
  environment: Environment;
  database: Database;
  queue: Queue;
  bus: Bus;
  hub: LiveHub;
  blobs: BlobStore;
  /** For programs of ours and the machine's: git, versions of agents. */
  sandbox: Sandbox;
  /** For what a session brings along: its agent and its setup commands. */
  sandboxDriver: SandboxDriver;
  agents: AgentCatalog;
  log: Log;
  /** Aborted when the process begins to end: whoever waits for something slow answers now. */
  draining: AbortSignal;
  processId: string;
  hostId: string;
}

const KEY = Symbol.for("millrace.services");

/** Next.js bundles its own copy of every module: what must exist once per process hangs on `globalThis`. */
const holder = globalThis as { [KEY]?: Services };

export function provideServices(services: Services): void {
  holder[KEY] = services;
}

export function getServices(): Services {
  const services = holder[KEY];
  if (!services) throw new Error("Pages are served by our own server only: run `npm start`");
  return services;
}
