import { localOwner } from "./accounts/local-owner.ts";
import { startSweeper } from "./blobs/start-sweeper.ts";
import { createSignInLink } from "./accounts/sign-in.ts";
import { type Environment, readEnvironment } from "./env.ts";
import { startWebServer, type WebServer } from "./http/web-server.ts";
import { log } from "./log.ts";
import { openServices } from "./open-services.ts";
import { provideServices, type Services } from "./services.ts";
import { startSessionWorker } from "./sessions/session-worker.ts";

/** From SIGTERM to the end, all of it. */
const STOP_LIMIT_MS = 30_000;
/** What cancelled turns need to settle after `DRAIN_MS`. */
const SETTLE_MS = 5_000;

export interface RunningServer {
  /** Drains and ends: running turns get `DRAIN_MS`, then are interrupted. Resolves within 30 s. */
  stop(reason: string): Promise<void>;
}

/** Starts everything that `ROLE` asks for and prints where to sign in. Throws before it listens when it cannot. */
export async function startServer(): Promise<RunningServer> {
  const environment = readEnvironment();
  const draining = new AbortController();
  const { services, close } = await openServices(environment, {
    draining: draining.signal,
    onLost: () => {
      log.fatal("this process was given up for dead; it ends so that nothing is done twice");
      process.exit(1);
    },
  });
  provideServices(services);

  const readiness = { draining: false };
  const drained = new AbortController();
  const drain = { begun: draining.signal, over: drained.signal };
  const { ROLE } = environment;
  const isWorker = ROLE.includes("worker");
  const worker = isWorker ? await startSessionWorker(services, drain) : null;
  const stopSweeper = isWorker ? startSweeper(services) : null;
  const web = ROLE.includes("web") ? await startWebServer(services, readiness) : null;
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
      const drainTimer = setTimeout(() => drained.abort(), environment.DRAIN_MS);
      worker?.stop();
      await services.queue.stop({ timeoutMs: environment.DRAIN_MS + SETTLE_MS });
      await web?.close();
      await stopSweeper?.();
      await close();
      clearTimeout(drainTimer);
      clearTimeout(giveUp);
    },
  };
}

async function printAddress(
  { database, environment }: Services,
  { port }: WebServer,
): Promise<void> {
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
