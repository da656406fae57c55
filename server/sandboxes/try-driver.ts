import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { SandboxDriver, SessionSandbox } from "./sandbox.ts";

const TRIAL_TIMEOUT_MS = 10_000;
const MEGABYTE = 1024 ** 2;

/** Null when the driver runs a command as it would for a session; else why it does not, in words for people. */
export async function tryDriver(driver: SandboxDriver): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-trial-"));
  try {
    const writable = join(folder, "session");
    await mkdir(writable);
    return await runTrial(driver, writable);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runTrial(driver: SandboxDriver, folder: string): Promise<string | null> {
  let sandbox: SessionSandbox | null = null;
  try {
    sandbox = await driver.prepare({
      sessionId: "trial",
      generation: 1,
      writablePaths: [folder],
      readablePaths: [],
      egress: { allowedHosts: [], allowedPrivateHosts: [], ownRoutes: [] },
      limits: {
        memoryBytes: 256 * MEGABYTE,
        processCount: 64,
        processorCount: null,
        fileBytes: MEGABYTE,
      },
      onRefused: () => {},
    });
    const homePath = join(folder, "home");
    const request = { command: "/bin/sh", args: ["-c", "echo works > file"], cwd: folder };
    const child = await sandbox.spawn({ ...request, homePath, environment: {} });
    // One that cannot be stopped is told by its exit, or by the time that the start takes.
    const stop = () => void child.stop({ graceMs: 0 }).catch(() => {});
    const timer = setTimeout(stop, TRIAL_TIMEOUT_MS);
    child.stdin.end();
    child.stdout.resume();
    const complaint = await text(child.stderr);
    const { code } = await child.exited;
    clearTimeout(timer);
    return code === 0 ? null : complaint.trim() || `the trial ended with ${code ?? "a signal"}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error ? `${message}: ${cause.message}` : message;
  } finally {
    await sandbox?.close();
  }
}
