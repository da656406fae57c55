import { once } from "node:events";
import { SIGN_IN_WORDS } from "#lib/sign-in-words.ts";
import { localOwner } from "./accounts/local-owner.ts";
import { noteServerOrigin, serverOrigin } from "./accounts/server-origin.ts";
import { createSignInLink, signInAddress } from "./accounts/sign-in.ts";
import { startBatchWorker } from "./batches/batch-worker.ts";
import { startSweeper } from "./blobs/start-sweeper.ts";
import { type ClosingStack, createClosingStack } from "./closing-stack.ts";
import { type Environment, readEnvironment } from "./env.ts";
import { createHealthListeners } from "./http/health-routes.ts";
import { openPort } from "./http/open-port.ts";
import { startWebServer } from "./http/web-server.ts";
import { startIngestWorker } from "./ingest/ingest-worker.ts";
import { log } from "./log.ts";
import { openServices } from "./open-services.ts";
import { startPushKeeper } from "./pushes/keep-pushes.ts";
import { startPushWorker } from "./pushes/push-worker.ts";
import { provideServices, type Services } from "./services.ts";
import { startSearchWorker } from "./search/search-worker.ts";
import { startResealing } from "./secrets/reseal-secrets.ts";
import { startSecretScanner } from "./shares/redaction/secret-scanner.ts";
import { startTrashEmptier } from "./sessions/empty-trash.ts";
import { startStreamTidier } from "./streams/tidy-streams.ts";
import { startSessionWorker } from "./sessions/session-worker.ts";

/** From SIGTERM to the end, all of it. */
const STOP_LIMIT_MS = 30_000;
/** What cancelled turns need to settle after `DRAIN_MS`. */
const SETTLE_MS = 5_000;

export interface StopSignals {
  /** The server must end. */
  stopping: AbortSignal;
  /** Running turns get no more time. */
  hurrying: AbortSignal;
}

/**
 * Starts everything that `ROLE` asks for, prints where to sign in, and resolves when `stopping` was aborted and all is
 * closed again, a start that was under way too: running turns get `DRAIN_MS`, then are interrupted. Throws when it
 * cannot start, after closing what it had opened. Ends the process when stopping takes 30 s.
 */
export async function runServer({ stopping, hurrying }: StopSignals): Promise<void> {
  const environment = readEnvironment();
  stopping.addEventListener("abort", limitStop, { once: true });
  const draining = new AbortController();
  stopping.addEventListener("abort", () => draining.abort(stopping.reason), { once: true });
  const opened = createClosingStack();
  try {
    await start(environment, { draining: draining.signal, hurrying, opened });
    if (!stopping.aborted) await once(stopping, "abort");
  } catch (error) {
    if (error !== stopping.reason) {
      draining.abort(error);
      await opened.close().catch((err: unknown) => log.error({ err }, "not everything closed"));
      throw error;
    }
  }
  await opened.close();
}

interface StartOptions {
  /** Gives the start up at its next step. */
  draining: AbortSignal;
  hurrying: AbortSignal;
  /** Gets all that is opened. */
  opened: ClosingStack;
}

/**
 * The port comes first: whoever cannot have it must not touch the database, nor take jobs. Without pages it tells health
 * only.
 */
async function start(
  environment: Environment,
  { draining, hurrying, opened }: StartOptions,
): Promise<void> {
  const { ROLE } = environment;
  const isWeb = ROLE.includes("web");
  const port = opened.add(await openPort(environment), (it) => it.close());
  draining.throwIfAborted();
  const onLost = (error: Error) => {
    log.fatal({ err: error }, `this process ends: ${error.message}`);
    process.exit(1);
  };
  const { services } = opened.add(await openServices(environment, { onLost, draining }), (it) =>
    it.close(),
  );
  provideServices(services);
  if (ROLE.includes("worker")) opened.add(startSweeper(services), (stopSweeper) => stopSweeper());
  if (isWeb) opened.add(await startWebServer(services, port), (web) => web.close());
  draining.throwIfAborted();
  if (ROLE.includes("worker")) await startWorker(services, { hurrying, opened });
  draining.throwIfAborted();
  if (isWeb) {
    const origin = serverOrigin(environment, port.port);
    opened.add(await noteServerOrigin(environment.DATA_DIR, origin), (takeBack) => takeBack());
    return printAddress(services, origin);
  }
  // Ready when it works, and not before.
  port.serve(createHealthListeners(services));
}

async function startWorker(
  services: Services,
  { hurrying, opened }: Pick<StartOptions, "hurrying" | "opened">,
): Promise<void> {
  const { queue, environment, draining } = services;
  const drained = new AbortController();
  opened.add(queue, async () => {
    const timer = setTimeout(() => drained.abort(), environment.DRAIN_MS);
    await queue.stop({ timeoutMs: environment.DRAIN_MS + SETTLE_MS });
    clearTimeout(timer);
  });
  const over = AbortSignal.any([drained.signal, hurrying]);
  const worker = await startSessionWorker(services, { begun: draining, over });
  opened.add(worker, () => worker.stop());
  await startPushWorker(services);
  opened.add(startPushKeeper(services), (stopKeeping) => stopKeeping());
  const ingest = await startIngestWorker(services, { over: draining });
  opened.add(ingest, () => ingest.stop());
  const batches = await startBatchWorker(services, { over: draining });
  opened.add(batches, () => batches.stop());
  const search = startSearchWorker(services);
  opened.add(search, () => search.stop());
  const scanner = startSecretScanner(services);
  opened.add(scanner, () => scanner.stop());
  opened.add(startResealing(services), (stopResealing) => stopResealing());
  opened.add(startTrashEmptier(services), (stopEmptying) => stopEmptying());
  opened.add(startStreamTidier(services), (stopTidying) => stopTidying());
}

function limitStop(): void {
  setTimeout(() => {
    log.error("not everything ended in time");
    process.exit(1);
  }, STOP_LIMIT_MS);
}

async function printAddress({ database }: Services, origin: string): Promise<void> {
  const token = await createSignInLink(database, localOwner.userId);
  const address = signInAddress(origin, token);
  process.stdout.write(`\n  ${SIGN_IN_WORDS}\n\n  ${address}\n\n`);
}
