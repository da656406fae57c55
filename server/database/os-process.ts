import { readFileSync, readlinkSync } from "node:fs";
import { findProcess } from "#server/sandboxes/process-table.ts";

/** A process as its operating system knows it. */
export interface OsProcess {
  /** Which table of processes `pid` belongs to: a boot of a kernel and a PID namespace, hence also one container. */
  processTable: string;
  pid: number;
  /** Clock ticks since boot: pids are used again. */
  startTicks: number;
}

/** This process; null where there is no `/proc` to tell. */
export function readOwnOsProcess(): OsProcess | null {
  const entry = findProcess(process.pid);
  const processTable = readOwnProcessTable();
  if (entry === null || processTable === null) return null;
  return { processTable, pid: process.pid, startTicks: entry.startTicks };
}

/** `unknown` when it belongs to another process table, or is hidden from us. */
export type OsProcessState = "running" | "gone" | "unknown";

/** What became of a process, as far as `own`, this process, can tell. */
export function findOsProcessState(found: OsProcess, own: OsProcess | null): OsProcessState {
  if (found.processTable !== own?.processTable) return "unknown";
  if (!exists(found.pid)) return "gone";
  const entry = findProcess(found.pid);
  // Hidden, because it is somebody else's (`hidepid`), or gone since the line above: the next look tells.
  if (entry === null) return "unknown";
  return entry.isRunning && entry.startTicks === found.startTicks ? "running" : "gone";
}

function readOwnProcessTable(): string | null {
  try {
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${bootId} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    // Another system than Linux, or a container that hides it.
    return null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
