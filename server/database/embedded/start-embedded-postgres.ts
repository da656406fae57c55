import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "#server/log.ts";
import type { HeldLock } from "../hold-lock.ts";
import { ensureCluster, SUPERUSER } from "./cluster.ts";
import { clusterPaths, prepareDataDir } from "./data-dir.ts";
import { findPlatformPackage } from "./platform-package.ts";
import { readServerState, removeLeftOver } from "./postmaster-file.ts";
import { prepareBinaries } from "./prepare-binaries.ts";
import { useServer, stopIfUnused } from "./server-usage.ts";
import { spawnServer, type SpawnResult } from "./spawn-server.ts";
import { findUnreachable } from "./unreachable-folder.ts";
import type { ServerIdentity } from "./server-identity.ts";

/** Long, because a server that was killed replays its log first. */
const START_TIMEOUT_MS = 120_000;
const RETRY_MS = 50;
const SHARED_COPIES_PATH = "/var/cache/millrace";

export interface EmbeddedPostgres {
  /** With the password: never to be logged. Loopback only. */
  url: string;
  /** True when the server ran already: another process of ours uses it, or one that was killed left it behind. */
  adopted: boolean;
  pid: number;
  /**
   * Stops the server and waits until it is gone, unless another process uses it: then that one is the last and stops
   * it. Close your own connections first.
   */
  stop(): Promise<void>;
}

interface StartEmbeddedPostgresOptions {
  /** Of the server alone; made when missing. */
  dataDir: string;
  log: Log;
  /** Server settings beside our own; tests switch `fsync` off. */
  settings?: Record<string, string>;
  /** Folder of the platform package; the installed one when left out. */
  packagePath?: string;
}

/**
 * Starts the PostgreSQL that npm installed, or adopts the one that runs on this folder already. PostgreSQL's own lock
 * on its folder decides when several processes start at once; the others adopt. Nothing is assumed about how the last
 * process ended: see `readServerState` for what may be left.
 */
export async function startEmbeddedPostgres(
  options: StartEmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { dataDir, log, settings = {}, packagePath = findPlatformPackage() } = options;
  const paths = clusterPaths(dataDir);
  const identity = await prepareDataDir(paths);
  const binaries = await prepareBinaries({
    packagePath,
    identity,
    copiesPath: await chooseCopiesPath(dataDir, identity),
  });
  const password = await ensureCluster({ paths, binaries, identity });
  const spawn = () => spawnServer({ paths, binaries, identity, settings });

  const server = await startOrAdopt({ clusterPath: paths.clusterPath, password, spawn });
  log.info({ pid: server.pid, adopted: server.adopted }, "embedded PostgreSQL is ready");
  const { url, pid, adopted, usage } = server;
  return { url, pid, adopted, stop: () => stopIfUnused({ pid, usage, log }) };
}

interface StartOrAdoptOptions {
  clusterPath: string;
  password: string;
  spawn: () => Promise<SpawnResult>;
}

interface UsedServer {
  url: string;
  pid: number;
  adopted: boolean;
  usage: HeldLock;
}

async function startOrAdopt({
  clusterPath,
  password,
  spawn,
}: StartOrAdoptOptions): Promise<UsedServer> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let ownPid: number | null = null;
  let complaint = "";
  for (;;) {
    const state = await readServerState(clusterPath);
    if (state.kind === "ready") {
      const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${state.port}/postgres`;
      const usage = await useServer(url);
      // Null: it was stopping when we came. A server that begins to stop says so in its file before it ends the
      // connection of whoever stops it, which is what lets us in.
      if (usage && (await isStillReady(clusterPath, state.pid))) {
        return { url, pid: state.pid, adopted: state.pid !== ownPid, usage };
      }
      await usage?.release().catch(() => {});
    }
    if (state.kind === "left-over") await removeLeftOver(clusterPath, state.content);
    if (state.kind === "none") {
      const result = await spawn();
      if (result.pid === null) complaint = result.complaint;
      else ownPid = result.pid;
    }
    if (Date.now() > deadline) {
      throw new Error(`The PostgreSQL on ${clusterPath} is neither ready nor gone. ${complaint}`);
    }
    if (state.kind !== "none" || ownPid === null) await delay(RETRY_MS);
  }
}

async function isStillReady(clusterPath: string, pid: number): Promise<boolean> {
  const state = await readServerState(clusterPath);
  return state.kind === "ready" && state.pid === pid;
}

/** Beside the data where the server's user can get there, else in a cache of the machine, which only root can make. */
async function chooseCopiesPath(dataDir: string, identity: ServerIdentity | null): Promise<string> {
  const isHidden = identity !== null && (await findUnreachable(dataDir, identity)) !== null;
  return isHidden ? SHARED_COPIES_PATH : join(dataDir, "binaries");
}
