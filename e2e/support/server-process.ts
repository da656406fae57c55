import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { findProcessesIn, type FoundProcess } from "./processes.ts";

const STOP_TIMEOUT_MS = 30_000;
const LEFT_GRACE_MS = 2_000;
const LOOK_MS = 25;
const root = path.resolve(import.meta.dirname, "../..");

/** Starts `dist/server.mjs` with these variables and no others. */
export function spawnServer(
  env: NodeJS.ProcessEnv,
  onOutput: (text: string) => void,
): ChildProcess {
  const args = ["--enable-source-maps", "dist/server.mjs"];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", onOutput);
  return child;
}

/** Whether the process has neither exited nor been killed. */
export const isRunning = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null;

/** Resolves with the exit code when the process is gone; rejects when it takes more than 30 s. */
export async function endProcess(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<number | null> {
  if (isRunning(child)) {
    const exited = once(child, "exit", { signal: AbortSignal.timeout(STOP_TIMEOUT_MS) });
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

/** Stops a server and kills what it leaves behind; answers what that was, after a moment of grace. */
export async function endServer(child: ChildProcess, folder: string): Promise<FoundProcess[]> {
  const isStopped = await endProcess(child, "SIGTERM").then(
    () => true,
    () => false,
  );
  const left = await waitUntilGone(folder);
  if (!isStopped) await endProcess(child, "SIGKILL");
  for (const { pid } of left) killQuietly(pid);
  return left;
}

async function waitUntilGone(folder: string): Promise<FoundProcess[]> {
  const deadline = Date.now() + LEFT_GRACE_MS;
  let left = await findProcessesIn(folder);
  while (left.length > 0 && Date.now() < deadline) {
    await pause();
    left = await findProcessesIn(folder);
  }
  return left;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself since it was found.
  }
}

/** Between two looks at a process. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
