import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "#server/log.ts";
import type { HeldLock } from "../hold-lock.ts";
import { ensureCluster, SUPERUSER } from "./cluster.ts";
import { clusterPaths, prepareDataDir, type ClusterPaths } from "./data-dir.ts";
import { keepServerUp } from "./keep-server-up.ts";
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
  /** As it was when this was made; with `onLost` another server may have taken its place since. */
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
  /**
   * With it a server that dies is started again, on the same port, so that `url` stays what it was. Called at most once,
   * with why, when that cannot be done: the database will not come back.
   */
  onLost?: (error: Error) => void;
  /** From then on a server that dies stays dead. */
  signal?: AbortSignal;
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
  const { clusterPath } = paths;
  const spawn = (port: number | null) => spawnServer({ paths, binaries, identity, settings, port });

  const server = await untilReady(clusterPath, () => spawn(null), useReadyServer(paths, password));
  log.info({ pid: server.pid, adopted: server.adopted }, "embedded PostgreSQL is ready");
  const { url, pid, port, adopted, usage } = server;
  const restart = () => untilReady(clusterPath, () => spawn(port), requirePort(port));
  const { onLost, signal } = options;
  const kept = onLost ? keepServerUp({ pid, restart, onLost, signal, log }) : null;
  const stop = async () => stopIfUnused({ pid: (await kept?.end()) ?? pid, usage, log });
  return { url, pid, adopted, stop };
}

interface ReadyServer {
  pid: number;
  port: number;
  /** True when it was running already, or another process started it at the same time. */
  adopted: boolean;
}

type Accept<Accepted> = (server: ReadyServer) => Promise<Accepted | null>;

/** Starts the server, or waits for the one that is starting, until `accept` takes what is ready: null tries again. */
async function untilReady<Accepted>(
  clusterPath: string,
  spawn: () => Promise<SpawnResult>,
  accept: Accept<Accepted>,
): Promise<Accepted> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  let ownPid: number | null = null;
  let complaint = "";
  for (;;) {
    const state = await readServerState(clusterPath);
    if (state.kind === "ready") {
      const { pid, port } = state;
      const accepted = await accept({ pid, port, adopted: pid !== ownPid });
      if (accepted !== null) return accepted;
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

interface UsedServer extends ReadyServer {
  url: string;
  usage: HeldLock;
}

function useReadyServer({ clusterPath }: ClusterPaths, password: string): Accept<UsedServer> {
  return async (server) => {
    const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${server.port}/postgres`;
    const usage = await useServer(url);
    // Null: it was stopping when we came. A server that begins to stop says so in its file before it ends the
    // connection of whoever stops it, which is what lets us in.
    if (usage && (await isStillReady(clusterPath, server.pid))) return { ...server, url, usage };
    await usage?.release().catch(() => {});
    return null;
  };
}

/** Whoever else starts the server takes the same port, unless it is a process that has only just begun. */
function requirePort(wanted: number): Accept<number> {
  return async ({ pid, port }) => {
    if (port !== wanted)
      throw new Error(`Another process started it on port ${port} instead of ${wanted}`);
    return pid;
  };
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
