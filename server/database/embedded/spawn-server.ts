import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open, readFile, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { nameForServer, type ClusterPaths } from "./data-dir.ts";
import { readServerState } from "./postmaster-file.ts";
import type { PostgresBinaries } from "./prepare-binaries.ts";
import { serverEnvironment } from "./run-as.ts";
import type { ServerIdentity } from "./server-identity.ts";

const POLL_MS = 10;
const MAX_LOG_BYTES = 10_000_000;
const SHOWN_LOG_LINES = 12;

/** Nothing but the loopback address, and no socket in a folder that others can see. */
const ownSettings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  log_checkpoints: "off",
  log_line_prefix: "%m [%p] ",
};

interface SpawnServerOptions {
  paths: ClusterPaths;
  binaries: PostgresBinaries;
  identity: ServerIdentity | null;
  /** Beside our own; tests switch `fsync` off. */
  settings: Record<string, string>;
  /** Null for any that is free. */
  port: number | null;
}

/** A server that accepts connections, or what it said when it ended. */
export type SpawnResult = { pid: number } | { pid: null; complaint: string };

/**
 * Starts a server, in a process group of its own so that Ctrl-C reaches us only, and resolves when it
 * accepts connections, or ended because of something that passes: another server has, or had a moment ago, the
 * folder; the port was taken. Throws with the end of the server's log when it failed for another reason.
 */
export async function spawnServer(options: SpawnServerOptions): Promise<SpawnResult> {
  const { clusterPath, logPath } = options.paths;
  await rotateLog(logPath);
  const log = await open(logPath, "a", 0o600);
  const logStart = (await log.stat()).size;
  let child: ChildProcess;
  try {
    child = await launch(options, log.fd);
  } finally {
    await log.close();
  }

  while (child.exitCode === null && child.signalCode === null) {
    const state = await readServerState(clusterPath);
    if (state.kind === "ready" && state.pid === child.pid) return { pid: child.pid };
    await delay(POLL_MS);
  }
  return judgeFailure(await readLogFrom(logPath, logStart), options);
}

async function launch(options: SpawnServerOptions, logFd: number): Promise<ChildProcess> {
  const { paths, binaries, identity, settings } = options;
  const port = options.port ?? (await findFreePort());
  const clusterName = await nameForServer(paths.clusterPath, identity);
  const settingArguments = Object.entries({ ...ownSettings, ...settings }).flatMap(
    ([name, value]) => ["-c", `${name}=${value}`],
  );
  const child = spawn(
    join(binaries.nativePath, "bin", "postgres"),
    ["-D", clusterName, "-p", String(port), ...settingArguments],
    {
      ...identity,
      cwd: paths.clusterPath,
      env: serverEnvironment,
      detached: true,
      stdio: ["ignore", logFd, logFd],
    },
  );
  await once(child, "spawn");
  child.unref();
  return child;
}

const PASSING_FAILURE =
  /lock file ".*" already exists|lock file ".*" is empty|pre-existing shared memory block/;
const PORT_FAILURE = /could not create any TCP\/IP sockets/;

function judgeFailure(messages: string, { port, paths }: SpawnServerOptions): SpawnResult {
  const { logPath } = paths;
  const complaint = messages.trim().split("\n").slice(-SHOWN_LOG_LINES).join("\n");
  if (PASSING_FAILURE.test(messages)) return { pid: null, complaint };
  if (port === null && PORT_FAILURE.test(messages)) return { pid: null, complaint };
  throw new Error(`The embedded PostgreSQL did not start (${logPath}):\n${complaint}`);
}

async function readLogFrom(logPath: string, start: number): Promise<string> {
  return (await readFile(logPath)).subarray(start).toString("utf8");
}

async function rotateLog(logPath: string): Promise<void> {
  const size = await stat(logPath).then(
    (entry) => entry.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(logPath, `${logPath}.old`);
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === "object") resolve(address.port);
        else reject(new Error("No free port on the loopback address"));
      });
    });
  });
}
