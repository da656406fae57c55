import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

/** One line of the system's process table. */
export interface ProcessEntry {
  pid: number;
  /** False for a zombie: it holds its ids until its parent collects it, but does nothing any more. */
  isRunning: boolean;
  groupId: number;
  /** Clock ticks since boot; with the pid it identifies a process. */
  startTicks: number;
  /** Clock ticks of processor time so far, its own and the system's for it. */
  processorTicks: number;
}

/** Null when there is no such process, or no `/proc`. */
export function findProcess(pid: number): ProcessEntry | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    // A process that ends while it is read answers ENOENT or ESRCH: it is gone, whichever came first.
    return null;
  }
}

/** All processes of this machine; empty where there is no `/proc`. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  const entries = await Promise.all(
    (await listPids()).map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => null);
      return stat === null ? null : parseStat(stat);
    }),
  );
  return entries.filter((entry) => entry !== null);
}

/**
 * Whether the process was started with this variable. Answers false for processes that may not be read and for those
 * that wrote over their environment.
 */
export async function hasVariable(pid: number, name: string, value: string): Promise<boolean> {
  return (await readVariables(pid)).includes(`${name}=${value}`);
}

/** What the process had as `name` when it started; null when it had none or may not be read. */
export async function findVariable(pid: number, name: string): Promise<string | null> {
  const variable = (await readVariables(pid)).find((text) => text.startsWith(`${name}=`));
  return variable?.slice(name.length + 1) ?? null;
}

async function readVariables(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return text.split("\0");
}

async function listPids(): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** See proc(5). The command name is in parentheses and may hold anything, so fields are counted behind the last one. */
function parseStat(stat: string): ProcessEntry {
  const [state, , groupId, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    pid: Number.parseInt(stat, 10),
    isRunning: state !== "Z" && state !== "X",
    groupId: Number(groupId),
    startTicks: Number(rest[16]),
    processorTicks: Number(rest[8]) + Number(rest[9]),
  };
}
