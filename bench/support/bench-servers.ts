import { type ChildProcess, fork } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
/** What proc(5) counts CPU time in: the same on every Linux that Node.js runs on. */
const CLOCK_TICKS_PER_SECOND = 100;

/** A server in a process of its own. */
export interface BenchServer {
  url: string;
  pid: number;
  /** User and system time that it has used so far. */
  readCpuMs(): Promise<number>;
  stop(): Promise<void>;
}

interface BenchServerOptions {
  /** Folder of its own, made when missing. */
  dataDir: string;
  environment: Record<string, string>;
}

/** The product, as `npm start` runs it. */
export async function startMillrace({ dataDir, environment }: BenchServerOptions) {
  await mkdir(dataDir, { recursive: true });
  const port = await findFreePort();
  const child = startChild("dist/server.mjs", [], {
    ...environment,
    DATA_DIR: dataDir,
    PORT: String(port),
    DRAIN_MS: "500",
  });
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}`)));
    child.stdout?.on("data", (text: Buffer) => {
      if (text.includes("/sign-in?token=")) resolve();
      else process.stderr.write(text);
    });
  });
  return describeServer(child, port);
}

/** A server to compare with: see `start-peer.ts`. */
export async function startPeer(
  kind: "next" | "echo" | "forward" | "hash",
  { dataDir, environment }: BenchServerOptions,
): Promise<BenchServer> {
  const child = startChild("bench/support/start-peer.ts", [kind], {
    ...environment,
    ROLE: "web",
    DATA_DIR: dataDir,
  });
  child.stdout?.resume();
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message) => resolve((message as { port: number }).port));
    child.once("exit", (code) => reject(new Error(`The ${kind} peer ended with ${code}`)));
  });
  return describeServer(child, port);
}

function startChild(file: string, args: string[], environment: Record<string, string>) {
  const child = fork(join(root, file), args, {
    // Benches are about Millrace: where bubblewrap is installed, they would be about that, too.
    env: {
      PATH: process.env["PATH"],
      NODE_ENV: "production",
      SANDBOX: "process",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    execArgv: file.endsWith(".mjs") ? [] : process.execArgv,
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return child;
}

function describeServer(child: ChildProcess, port: number): BenchServer {
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async readCpuMs() {
      const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

export interface SilentHost {
  /** `host:port` */
  host: string;
  /** Resolves when so many requests have come. */
  asked(count: number): Promise<void>;
  close(): void;
}

/** Accepts requests and never says a word. */
export async function startSilentHost(): Promise<SilentHost> {
  let requestCount = 0;
  const server = createServer(() => {
    requestCount += 1;
    server.emit("asked");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (requestCount < count) return;
          server.off("asked", look);
          resolve();
        };
        server.on("asked", look);
        look();
      }),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
