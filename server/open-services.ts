import { randomBytes } from "node:crypto";
import { ensureLocalOwner } from "./accounts/local-owner.ts";
import { createAgentCatalog } from "./agents/agent-catalog.ts";
import { openBlobStore } from "./blobs/open-blob-store.ts";
import { checkDataDir } from "./check-data-dir.ts";
import { type ClosingStack, createClosingStack } from "./closing-stack.ts";
import { readHostId } from "./database/host-id.ts";
import { openApplicationDatabase } from "./database/open-application-database.ts";
import { registerProcess } from "./database/process-registry.ts";
import type { Environment } from "./env.ts";
import { readItemsAfter } from "./items/read-items-after.ts";
import { openBus } from "./live/bus.ts";
import { readBatchProgress } from "./batches/read-batch-progress.ts";
import { createLiveHub } from "./live/hub.ts";
import { log } from "./log.ts";
import { openQueue } from "./queue/queue.ts";
import { chooseDriver } from "./sandboxes/choose-driver.ts";
import { tellSandbox } from "./sandboxes/worker-sandboxes.ts";
import { createProcessSandbox } from "./sandboxes/process-sandbox.ts";
import type { Services } from "./services.ts";
import { readSession } from "./sessions/read-session-state.ts";
import { startUndertaker } from "./sessions/undertaker.ts";

const MAX_CONNECTIONS = 16;

/** What running jobs get at the end, unless `queue.stop` was called before with a limit of its own. */
const QUEUE_STOP_MS = 1_000;

export interface OpenServices {
  services: Services;
  /** Closes everything that was opened, in reverse. A queue with jobs is stopped before, because they use the rest. */
  close(): Promise<void>;
}

interface OpenServicesOptions {
  /** The process cannot go on, and why: others have given it up for dead, or the embedded database is gone for good. */
  onLost: (error: Error) => void;
  /** Aborted when the process begins to end; what is being opened is then given up with the signal's reason. */
  draining: AbortSignal;
}

/**
 * Opens all that lives as long as the process: database, migrations, this process's place among the living, queue,
 * bus, hub. When one of them fails, those before it are closed again.
 */
export async function openServices(
  environment: Environment,
  options: OpenServicesOptions,
): Promise<OpenServices> {
  const opened = createClosingStack();
  try {
    const services = await open(environment, options, opened);
    options.draining.throwIfAborted();
    return { services, close: opened.close };
  } catch (error) {
    await opened.close().catch((err: unknown) => log.error({ err }, "not everything closed"));
    throw error;
  }
}

async function open(
  environment: Environment,
  { onLost, draining }: OpenServicesOptions,
  opened: ClosingStack,
): Promise<Services> {
  const { DATABASE_URL, DATA_DIR, ROLE } = environment;
  const isWorker = ROLE.includes("worker");
  await checkDataDir(DATA_DIR);
  const sandboxDriver = await chooseDriver(environment);
  opened.add(sandboxDriver.keep?.(), (stopKeeping) => stopKeeping?.());
  const { database, url: databaseUrl } = opened.add(
    await openApplicationDatabase({
      databaseUrl: DATABASE_URL ?? null,
      dataDir: DATA_DIR,
      log,
      maxConnections: MAX_CONNECTIONS,
      signal: draining,
      onLost,
    }),
    (application) => application.close(),
  );
  draining.throwIfAborted();
  const processId = `prc_${randomBytes(8).toString("hex")}`;
  const hostId = await readHostId(DATA_DIR);
  const slots = isWorker ? environment.MAX_ACTIVE_SESSIONS : 0;
  const sandboxOf = isWorker ? tellSandbox(sandboxDriver, environment) : undefined;
  const process = { url: databaseUrl, processId, hostId, roles: ROLE, slots, sandbox: sandboxOf };
  const onBuried = () =>
    onLost(new Error("This process was given up for dead; it ends so that nothing is done twice"));
  opened.add(await registerProcess({ ...process, onLost: onBuried }), (it) => it.release());
  await ensureLocalOwner(database);
  const common = { database, databaseUrl, processId, log };
  let hasPeers = () => true;
  const bus = opened.add(await openBus({ ...common, hasPeers: () => hasPeers() }), (it) =>
    it.close(),
  );
  draining.throwIfAborted();
  const queue = opened.add(await openQueue({ ...common, bus, supervise: isWorker }), (it) =>
    it.stop({ timeoutMs: QUEUE_STOP_MS }),
  );
  const undertaker = opened.add(await startUndertaker({ ...common, bus }), (it) => it.stop());
  hasPeers = undertaker.hasPeers;
  const hub = createLiveHub({
    bus,
    log,
    readState: (sessionId) => readSession(database, sessionId),
    readItemsAfter: (query) => readItemsAfter(database, query),
    readBatch: (batchId) => readBatchProgress(database, batchId),
  });
  opened.add(hub, () => hub.close());
  const sandbox = createProcessSandbox();
  return {
    environment,
    database,
    queue,
    bus,
    hub,
    sandbox,
    sandboxDriver,
    blobs: await openBlobStore(environment),
    agents: createAgentCatalog(environment, sandbox),
    log,
    draining,
    processId,
    hostId,
  };
}
