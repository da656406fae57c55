import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ensureLocalOwner } from "./accounts/local-owner.ts";
import { createAgentCatalog } from "./agents/agent-catalog.ts";
import { createFsBlobStore } from "./blobs/fs-blob-store.ts";
import { readHostId } from "./database/host-id.ts";
import { openApplicationDatabase } from "./database/open-application-database.ts";
import { registerProcess } from "./database/process-registry.ts";
import type { Environment } from "./env.ts";
import { readItemsAfter } from "./items/read-items-after.ts";
import { openBus } from "./live/bus.ts";
import { createLiveHub } from "./live/hub.ts";
import { log } from "./log.ts";
import { openQueue } from "./queue/queue.ts";
import { createProcessSandbox } from "./sandboxes/process-sandbox.ts";
import type { Services } from "./services.ts";
import { readSession } from "./sessions/read-session-state.ts";
import { startUndertaker } from "./sessions/undertaker.ts";

const MAX_CONNECTIONS = 16;

export interface OpenServices {
  services: Services;
  /** Closes everything that was opened, in reverse. The queue is stopped before, because its jobs use the rest. */
  close(): Promise<void>;
}

/**
 * Opens all that lives as long as the process: database, migrations, this process's place among the living, queue,
 * bus, hub. Calls `onLost` when others have given this process up for dead.
 */
export async function openServices(
  environment: Environment,
  { onLost, draining }: { onLost: () => void; draining: AbortSignal },
): Promise<OpenServices> {
  const { DATABASE_URL, DATA_DIR, ROLE } = environment;
  const application = await openApplicationDatabase({
    databaseUrl: DATABASE_URL ?? null,
    dataDir: DATA_DIR,
    log,
    maxConnections: MAX_CONNECTIONS,
  });
  const { database, url: databaseUrl } = application;
  const processId = `prc_${randomBytes(8).toString("hex")}`;
  const hostId = await readHostId(DATA_DIR);
  const registered = await registerProcess({
    url: databaseUrl,
    processId,
    hostId,
    roles: ROLE,
    slots: ROLE.includes("worker") ? environment.MAX_ACTIVE_SESSIONS : 0,
    onLost,
  });
  await ensureLocalOwner(database);
  let hasPeers = () => true;
  const bus = await openBus({
    databaseUrl,
    database,
    processId,
    log,
    hasPeers: () => hasPeers(),
  });
  const supervise = ROLE.includes("worker");
  const queue = await openQueue({ database, databaseUrl, bus, processId, log, supervise });
  const undertaker = await startUndertaker({ database, bus, processId, log });
  hasPeers = undertaker.hasPeers;
  const hub = createLiveHub({
    bus,
    log,
    readState: (sessionId) => readSession(database, sessionId),
    readItemsAfter: (query) => readItemsAfter(database, query),
  });
  const sandbox = createProcessSandbox();
  const services: Services = {
    environment,
    database,
    queue,
    bus,
    hub,
    sandbox,
    blobs: createFsBlobStore({ rootPath: join(DATA_DIR, "blobs") }),
    agents: createAgentCatalog(environment, sandbox),
    log,
    draining,
    processId,
    hostId,
  };
  return {
    services,
    async close() {
      hub.close();
      await undertaker.stop();
      await bus.close();
      await registered.release();
      await application.close();
    },
  };
}
