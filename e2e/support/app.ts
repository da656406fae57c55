import type { ChildProcess } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findFreePort } from "./free-port.ts";
import { findProcessesIn, findZombies, type FoundProcess } from "./processes.ts";
import { endProcess, endServer, isRunning, pause, spawnServer } from "./server-process.ts";

const START_TIMEOUT_MS = 60_000;

/** A production server of its own: fresh data folder, embedded database, one port for its whole life. */
export interface App {
  url: string;
  dataPath: string;
  /** Of the server that runs now. */
  processId: number;
  /** Works once; a restart prints another. */
  signInUrl: string;
  /** Everything that the server has printed. */
  readLog(): string;
  /** SIGKILL to the server process alone, as a crash would; its children are left to themselves. */
  kill9(): Promise<number | null>;
  /** Starts again on the same data and port, after stopping what still runs. */
  restart(): Promise<void>;
  /** SIGTERM, and resolves with the exit code when the process is gone; rejects when it takes more than 30 s. */
  stop(): Promise<number | null>;
  /** Agents, git and setup commands on its data, also those of a server that was killed. The database is none. */
  findChildren(): Promise<FoundProcess[]>;
  /** Of the server that runs now. */
  findZombies(): Promise<number[]>;
  /** Ends what is left and removes the data. Returns what should not have been there any more. */
  dispose(): Promise<FoundProcess[]>;
}

/** Starts `dist/server.mjs` and waits for its sign-in link. `environment` is added to what every test needs. */
export async function startApp(environment: Record<string, string> = {}): Promise<App> {
  const parent = await mkdtemp(path.join(tmpdir(), "millrace-e2e-"));
  // The embedded database runs under another identity when the tests run as root.
  await chmod(parent, 0o755);
  const dataPath = path.join(parent, "data");
  const homePath = path.join(parent, "home");
  await Promise.all([mkdir(dataPath), mkdir(homePath)]);

  const port = await findFreePort();
  const place = { HOME: homePath, DATA_DIR: dataPath, PORT: String(port) };
  const variables = { ...serverVariables(place), TEST_HOOKS: "1", ...environment };
  let log = "";
  let child = spawnServer(variables, (text) => (log += text));
  const dispose = async () => {
    const left = await endServer(child, parent);
    await rm(parent, { recursive: true, force: true, maxRetries: 5 });
    return left;
  };
  const signInUrl = await waitForSignInUrl(child, () => log).catch(async (error: unknown) => {
    // Nobody else knows of it, nor of its database.
    await dispose();
    throw error;
  });

  const app: App = {
    url: `http://127.0.0.1:${port}`,
    dataPath,
    processId: child.pid ?? 0,
    signInUrl,
    readLog: () => log,
    kill9: () => endProcess(child, "SIGKILL"),
    stop: () => endProcess(child, "SIGTERM"),
    async restart() {
      await app.stop();
      const before = log.length;
      child = spawnServer(variables, (text) => (log += text));
      app.processId = child.pid ?? 0;
      app.signInUrl = await waitForSignInUrl(child, () => log.slice(before));
    },
    async findChildren() {
      const all = await findProcessesIn(dataPath);
      return all.filter(({ pid, command }) => pid !== child.pid && !command.includes("postgres"));
    },
    findZombies: () => findZombies(child.pid ?? 0),
    dispose,
  };
  return app;
}

/** What every server of a test is told. */
export const serverVariables = (place: Record<"HOME" | "DATA_DIR" | "PORT", string>) => ({
  PATH: process.env["PATH"],
  LANG: "C.UTF-8",
  NODE_ENV: "production" as const,
  NEXT_TELEMETRY_DISABLED: "1",
  HOST: "127.0.0.1",
  LEASE_MS: "2000",
  DRAIN_MS: "2000",
  MIN_FREE_DISK_BYTES: "1",
  // Scripted agents leave their notes outside of their sessions; what isolation changes has tests of its own.
  SANDBOX: "process",
  ...place,
});

async function waitForSignInUrl(child: ChildProcess, readLog: () => string): Promise<string> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && isRunning(child)) {
    const match = /https?:\/\/\S+\/sign-in\?token=[\w-]+/.exec(readLog());
    if (match) return match[0];
    await pause();
  }
  throw new Error(`The server printed no sign-in link:\n${readLog()}`);
}
