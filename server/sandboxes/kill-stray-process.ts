import { PROCESS_MARKER } from "./child-environment.ts";
import { findProcess, findVariable } from "./process-table.ts";
import { findByHome, findGroup, stopProcesses } from "./stop-processes.ts";

interface StrayProcess {
  pid: number;
  /** As `SandboxedProcess` gave them when the process was started. */
  startTicks: number;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
}

/**
 * Ends what a server that died left running: the process, its group, and what carries its marker. Does nothing and
 * answers false unless pid and start time both match, because pids are used again. Safe to run twice.
 */
export async function killStrayProcess({
  pid,
  startTicks,
  graceMs,
}: StrayProcess): Promise<boolean> {
  const entry = findProcess(pid);
  if (entry === null || !entry.isRunning) return false;
  if (entry.startTicks !== startTicks || entry.groupId !== pid) return false;
  await stopProcesses(findGroup(pid, await findVariable(pid, PROCESS_MARKER)), graceMs);
  return true;
}

/**
 * Ends every process that was started with this private home, also those whose parent is gone. Only for folders that
 * nobody uses any more, or whose owner died. Finds nothing where there is no `/proc`. Safe to run twice.
 */
export async function killProcessesOfHome(homePath: string, graceMs: number): Promise<void> {
  await stopProcesses(findByHome(homePath), graceMs);
}
