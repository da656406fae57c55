import { spawn, execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "#server/log.ts";
import { findPlatformPackage } from "./platform-package.ts";
import { chooseServerIdentity } from "./server-identity.ts";

const run = promisify(execFile);

export interface EmbeddedPostgres {
  url: string;
  adopted: boolean;
  pid: number;
  stop(): Promise<void>;
}

const environment = { NODE_ENV: undefined, PATH: "/usr/bin:/bin", TZ: "UTC" } as unknown as NodeJS.ProcessEnv;

interface Options {
  dataDir: string;
  log: Log;
  /** Server settings beside our own; tests switch `fsync` off. */
  settings?: Record<string, string>;
}

export async function startEmbeddedPostgres({ dataDir, settings = {} }: Options): Promise<EmbeddedPostgres> {
  const bin = join(findPlatformPackage(), "native", "bin");
  const identity = chooseServerIdentity();
  const cluster = join(dataDir, "cluster");
  await mkdir(dataDir, { recursive: true });
  await chmod(dataDir, 0o700);
  if (identity) await chown(dataDir, identity.uid, identity.gid);
  const password = randomBytes(24).toString("base64url");
  const passwordPath = join(dataDir, "password");
  await writeFile(passwordPath, password, { mode: 0o600 });
  if (identity) await chown(passwordPath, identity.uid, identity.gid);
  const fresh = join(dataDir, "cluster.new");
  await rm(fresh, { recursive: true, force: true });
  await run(
    join(bin, "initdb"),
    ["-D", fresh, "-U", "millrace", "-A", "scram-sha-256", `--pwfile=${passwordPath}`, "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"],
    { ...(identity ?? {}), env: environment, cwd: dataDir },
  );
  await rename(fresh, cluster);
  const port = await freePort();
  const all: Record<string, string> = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings };
  const logFile = await open(join(dataDir, "server.log"), "a");
  const child = spawn(
    join(bin, "postgres"),
    ["-D", cluster, "-p", String(port), ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { ...(identity ?? {}), env: environment, cwd: dataDir, detached: true, stdio: ["ignore", logFile.fd, logFile.fd] },
  );
  await logFile.close();
  child.unref();
  for (;;) {
    const lines = (await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
    if (lines[7]?.startsWith("ready")) break;
    if (child.exitCode !== null) throw new Error("postgres did not start");
    await delay(10);
  }
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    url: `postgres://millrace:${password}@127.0.0.1:${port}/postgres`,
    adopted: false,
    pid: child.pid ?? 0,
    stop: async () => {
      child.ref();
      child.kill("SIGINT");
      await exited;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
