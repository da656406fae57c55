import { mkdir, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { type App, serverVariables } from "./app.ts";
import { findDatabaseUrl } from "./database-lock.ts";
import { findFreePort } from "./free-port.ts";
import { findProcessesIn, type FoundProcess } from "./processes.ts";
import { endServer, isRunning, pause, spawnServer } from "./server-process.ts";

const START_TIMEOUT_MS = 120_000;

/** A machine of its own that runs sessions: its disk, its process; database and store are the app's. */
export interface Worker {
  dataPath: string;
  readLog(): string;
  /** Agents, git and setup commands on its data. */
  findChildren(): Promise<FoundProcess[]>;
  /** Ends it as SIGTERM does, and takes its disk with it. Returns what should not have been there any more. */
  dispose(): Promise<FoundProcess[]>;
}

/** `app` must be one with the role `web` alone. A worker at the place of one before finds an empty disk there. */
export async function startWorker(
  app: App,
  { parent, environment = {} }: { parent: string; environment?: Record<string, string> },
): Promise<Worker> {
  const dataPath = path.join(parent, "data");
  const blobsPath = path.join(app.dataPath, "blobs");
  await Promise.all([mkdir(dataPath), mkdir(blobsPath, { recursive: true })]);
  await symlink(blobsPath, path.join(dataPath, "blobs"));
  const port = await findFreePort();
  const variables = {
    ...serverVariables({ HOME: parent, DATA_DIR: dataPath, PORT: String(port) }),
    ROLE: "worker",
    DATABASE_URL: await findDatabaseUrl(app.dataPath),
    PUBLIC_URL: app.url,
    ...environment,
  };
  let log = "";
  const child = spawnServer(variables, (text) => (log += text));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isReady(port))) {
    if (!isRunning(child) || Date.now() > deadline)
      throw new Error(`The worker did not start:\n${log}`);
    await pause();
  }
  return {
    dataPath,
    readLog: () => log,
    async findChildren() {
      const all = await findProcessesIn(dataPath);
      return all.filter(({ pid }) => pid !== child.pid);
    },
    async dispose() {
      const left = await endServer(child, dataPath);
      await rm(dataPath, { recursive: true, force: true, maxRetries: 5 });
      return left;
    },
  };
}

const isReady = (port: number) =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
