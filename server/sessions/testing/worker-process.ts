import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");

export interface WorkerProcess {
  /** As a crash would; its children are left to themselves. */
  kill9(): Promise<void>;
  /** As SIGTERM does. */
  stop(): Promise<void>;
  readLog(): string;
}

interface WorkerOptions {
  databaseUrl: string;
  dataDir: string;
  environment: Record<string, string>;
}

/** A worker in a process of its own, which can be killed. */
export function startWorkerProcess({
  databaseUrl,
  dataDir,
  environment,
}: WorkerOptions): WorkerProcess {
  const child = spawn(process.execPath, ["--import", "tsx", "server/main.ts"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      ROLE: "worker",
      PORT: "0",
      MIN_FREE_DISK_BYTES: "1",
      SANDBOX: "process",
      LEASE_MS: "10000",
      DRAIN_MS: "500",
      ...environment,
    },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  return {
    kill9: () => end(child, "SIGKILL"),
    stop: () => end(child, "SIGTERM"),
    readLog: () => log,
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
