import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "#lib/errors.ts";
import { PROCESS_MARKER } from "./child-environment.ts";
import { hasVariable, listProcesses, type ProcessEntry } from "./process-table.ts";

const POLL_MS = 20;
/** A process that is still there so long after SIGKILL hangs in the kernel. */
const KILL_TIMEOUT_MS = 10_000;

/** Finds the processes to stop; asked again and again, because they may start others while they are being stopped. */
export type FindProcesses = () => Promise<number[]>;

/**
 * SIGTERM to all that `find` answers, SIGKILL to those still found after `graceMs`; resolves when it finds none.
 * Throws `unavailable` when something survives SIGKILL.
 */
export async function stopProcesses(find: FindProcesses, graceMs: number): Promise<void> {
  let pids = await find();
  const startMs = performance.now();
  let signal: NodeJS.Signals | 0 = "SIGTERM";
  while (pids.length > 0) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs >= graceMs + KILL_TIMEOUT_MS) {
      throw new AppError("unavailable", "A process could not be stopped", {
        details: { processCount: pids.length },
      });
    }
    if (elapsedMs >= graceMs) signal = "SIGKILL";
    for (const pid of pids) sendSignal(pid, signal);
    // Everybody is asked once; repeating SIGTERM makes some programs give up on an orderly end.
    if (signal === "SIGTERM") signal = 0;
    await delay(POLL_MS);
    pids = await find();
  }
}

/** Running members of the group, and running processes anywhere that carry the marker of its leader. */
export function findGroup(groupId: number, processMarker: string | null): FindProcesses {
  return async () => {
    const all = (await listProcesses()).filter((entry) => entry.isRunning);
    // Without /proc the group answers as a whole.
    if (all.length === 0) return sendSignal(-groupId, 0) ? [-groupId] : [];
    const isOurs = async (entry: ProcessEntry) =>
      entry.groupId === groupId ||
      (processMarker !== null && (await hasVariable(entry.pid, PROCESS_MARKER, processMarker)));
    return filterPids(all, isOurs);
  };
}

/** Running processes that were started with this private home. */
export function findByHome(homePath: string): FindProcesses {
  return async () => {
    const all = (await listProcesses()).filter((entry) => entry.isRunning);
    return filterPids(all, (entry) => hasVariable(entry.pid, "HOME", homePath));
  };
}

async function filterPids(
  entries: ProcessEntry[],
  isWanted: (entry: ProcessEntry) => Promise<boolean>,
): Promise<number[]> {
  const verdicts = await Promise.all(entries.map(isWanted));
  return entries.filter((_, index) => verdicts[index]).map((entry) => entry.pid);
}

/** False when there is nobody (left) to receive it. */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    // EPERM: it is there, but not ours to end any more.
    if ((error as NodeJS.ErrnoException).code === "EPERM") return true;
    throw error;
  }
}
