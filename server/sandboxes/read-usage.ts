import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { listProcesses, type ProcessEntry } from "./process-table.ts";
import { findByHome } from "./stop-processes.ts";

/** What the system counts processor time in, on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;
const NAME_MAX_CHARACTERS = 60;

/** A process that runs now. */
export interface ProcessUsage {
  pid: number;
  /** With the pid it identifies the process: pids are used again. */
  startTicks: number;
  /** Program and script without their folders. No other argument: these may hold what nobody else should read. */
  name: string;
  /** Processor time that it has used since it began, all its threads together. */
  processorMs: number;
  /** What it holds in memory; what several processes share counts for each. */
  memoryBytes: number;
}

/** Running processes that were started with this private home, oldest first; empty where there is no `/proc`. */
export async function readProcesses(homePath: string): Promise<ProcessUsage[]> {
  const pids = new Set(await findByHome(homePath)());
  if (pids.size === 0) return [];
  const entries = (await listProcesses()).filter(({ pid }) => pids.has(pid));
  const read = await Promise.all(entries.map(readProcess));
  return read
    .filter((process) => process !== null)
    .toSorted((one, other) => one.startTicks - other.startTicks || one.pid - other.pid);
}

/** Null for one that has ended meanwhile. */
async function readProcess({
  pid,
  startTicks,
  processorTicks,
}: ProcessEntry): Promise<ProcessUsage | null> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => null);
  const [commandLine, status] = await Promise.all([read("cmdline"), read("status")]);
  if (commandLine === null || status === null) return null;
  const residentKib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return {
    pid,
    startTicks,
    name: nameOf(commandLine),
    processorMs: (processorTicks * 1_000) / TICKS_PER_SECOND,
    memoryBytes: Number(residentKib ?? 0) * 1_024,
  };
}

function nameOf(commandLine: string): string {
  const [program = "", script = ""] = commandLine.split("\0");
  const words = script.startsWith("/") ? [program, script] : [program];
  return words
    .map((word) => basename(word))
    .join(" ")
    .slice(0, NAME_MAX_CHARACTERS);
}
