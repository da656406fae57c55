import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ensureLocalOwner, localOwner } from "./accounts/local-owner.ts";
import { createSignInLink } from "./accounts/sign-in.ts";
import { createAgentCatalog } from "./agents/agent-catalog.ts";
import { createFsBlobStore } from "./blobs/fs-blob-store.ts";
import { readHostId } from "./database/host-id.ts";
import { openApplicationDatabase } from "./database/open-application-database.ts";
import { buryDeadProcesses, registerProcess } from "./database/process-registry.ts";
import { type Environment, readEnvironment } from "./env.ts";
import { type WebServer, startWebServer } from "./http/web-server.ts";
import { readItemsAfter } from "./items/read-items-after.ts";
import { openBus } from "./live/bus.ts";
import { createLiveHub } from "./live/hub.ts";
import { log } from "./log.ts";
import { openQueue } from "./queue/queue.ts";
import { createProcessSandbox } from "./sandboxes/process-sandbox.ts";
import { provideServices, type Services } from "./services.ts";
import { buryProcess } from "./sessions/bury-process.ts";
import { readSession } from "./sessions/read-session-state.ts";
import { startSessionWorker } from "./sessions/session-worker.ts";

const MAX_CONNECTIONS = 16;
const BURIAL_INTERVAL_MS = 500;
/** From SIGTERM to the end, all of it. */
const STOP_LIMIT_MS = 30_000;
/** What cancelled turns need to settle after `DRAIN_MS`. */
const SETTLE_MS = 5_000;

export interface RunningServer {
  /** Drains and ends: running turns get `DRAIN_MS`, then are interrupted. Resolves within 30 s. */
  stop(reason: string): Promise<void>;
}

/** Starts everything that `ROLE` asks for and prints where to sign in. Throws before it listens when it cannot. */
export async function startServer(variables: Record<string, string | undefined>): Promise<RunningServer> {
  const environment = readEnvironment(variables);
  const application = await openApplicationDatabase({
    databaseUrl: environment.DATABASE_URL ?? null,
    dataDir: environment.DATA_DIR,
    log,
    maxConnections: MAX_CONNECTIONS,
  });
  const { database, url: databaseUrl } = application;
  const processId = `prc_${randomBytes(8).toString("hex")}`;
  const hostId = await readHostId(environment.DATA_DIR);
  const registered = await registerProcess({
    url: databaseUrl,
    processId,
    hostId,
    roles: environment.ROLE,
    onLost: () => {
      log.fatal("this process was given up for dead; it ends so that nothing is done twice");
      process.exit(1);
    },
  });
  await ensureLocalOwner(database);

  const isWorker = environment.ROLE.includes("worker");
  const peers = { count: 0 };
  const queue = await openQueue({ database, databaseUrl, processId, log, supervise: isWorker });
  const bus = await openBus({ databaseUrl, database, processId, log, hasPeers: () => peers.count > 0 });
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
    blobs: createFsBlobStore({ rootPath: join(environment.DATA_DIR, "blobs") }),
    agents: createAgentCatalog(environment, sandbox),
    log,
    processId,
    hostId,
  };
  provideServices(services);

  const burials = await buryRegularly(services, peers);
  const readiness = { draining: false };
  const draining = new AbortController();
  const drained = new AbortController();
  const worker = isWorker
    ? await startSessionWorker(services, { begun: draining.signal, over: drained.signal })
    : null;
  const web = environment.ROLE.includes("web") ? await startWebServer(services, readiness) : null;
  if (web) await printAddress(services, web);

  return {
    async stop(reason) {
      log.info({ reason }, "stopping");
      const giveUp = setTimeout(() => {
        log.error("not everything ended in time");
        process.exit(1);
      }, STOP_LIMIT_MS);
      readiness.draining = true;
      draining.abort(new Error("The server is stopping"));
      setTimeout(() => drained.abort(), environment.DRAIN_MS).unref();
      worker?.stop();
      await queue.stop({ timeoutMs: environment.DRAIN_MS + SETTLE_MS });
      await web?.close();
      burials.stop();
      await bus.close();
      await registered.release();
      await application.close();
      clearTimeout(giveUp);
    },
  };
}

/** Looks for dead processes now and from now on, and counts the living ones. */
async function buryRegularly({ database, processId }: Services, peers: { count: number }) {
  const bury = async () => {
    const buried = await buryDeadProcesses(database, buryProcess);
    if (buried.length > 0) log.warn({ buried }, "took over from processes that died");
    const [row] = await database.sql<{ count: number }[]>`
      select count(*)::int as count from processes where id <> ${processId}`;
    peers.count = row?.count ?? 0;
  };
  await bury();
  let running = false;
  const timer = setInterval(() => {
    if (running) return;
    running = true;
    bury()
      .catch((error: unknown) => log.warn({ err: error }, "dead processes not looked for"))
      .finally(() => (running = false));
  }, BURIAL_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}

async function printAddress({ database, environment }: Services, { port }: WebServer): Promise<void> {
  const token = await createSignInLink(database, localOwner.userId);
  const address = publicAddress(environment, port);
  process.stdout.write(
    `\n  Millrace is ready. Sign in once with this address:\n\n  ${address}/sign-in?token=${token}\n\n`,
  );
}

function publicAddress({ PUBLIC_URL, HOST }: Environment, port: number): string {
  if (PUBLIC_URL) return PUBLIC_URL.replace(/\/$/, "");
  return `http://${HOST.includes(":") ? `[${HOST}]` : HOST}:${port}`;
}
