import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MEMORY_GAP, PROCESSES_GAP, PROCESSORS_GAP } from "../gaps.ts";
import type { ProcessLimits } from "../sandbox.ts";

const ROOT = "/sys/fs/cgroup";
const REMOVE_TRIES = 250;
const REMOVE_WAIT_MS = 20;

/** Processor time is given out so often. */
const PERIOD_MICROSECONDS = 100_000;

/** Limits that hold for all processes of a session together. */
export interface ControlGroup {
  /** A process enters by writing its id into each of these files. */
  entryPaths: readonly string[];
  /** What this system does not let us limit. */
  gaps: readonly string[];
  /** How many of its processes were ended because its memory was used up. */
  countMemoryKills(): Promise<number>;
  /** How often one of its processes was refused another. */
  countRefusedProcesses(): Promise<number>;
  /** Kills what is left in it. Safe to call twice. */
  remove(): Promise<void>;
}

interface Controller {
  name: "memory" | "pids" | "cpu";
  gap: string;
  /** Whether there is something to limit; always unless given. */
  isWanted?(limits: ProcessLimits): boolean;
  settings(limits: ProcessLimits, version: 1 | 2): Record<string, string>;
}

const controllers: Controller[] = [
  {
    name: "memory",
    gap: MEMORY_GAP,
    settings({ memoryBytes }, version): Record<string, string> {
      if (version === 1) return { "memory.limit_in_bytes": `${memoryBytes}` };
      return { "memory.max": `${memoryBytes}`, "memory.swap.max": "0", "memory.oom.group": "1" };
    },
  },
  {
    name: "pids",
    gap: PROCESSES_GAP,
    settings: ({ processCount }) => ({ "pids.max": `${processCount}` }),
  },
  {
    name: "cpu",
    gap: PROCESSORS_GAP,
    isWanted: ({ processorCount }) => processorCount !== null,
    settings({ processorCount }, version): Record<string, string> {
      const quota = Math.ceil((processorCount ?? 0) * PERIOD_MICROSECONDS);
      if (version === 2) return { "cpu.max": `${quota} ${PERIOD_MICROSECONDS}` };
      const period = `${PERIOD_MICROSECONDS}`;
      return { "cpu.cfs_period_us": period, "cpu.cfs_quota_us": `${quota}` };
    },
  },
];

/**
 * Makes a group below our own, in either version of control groups (see cgroups(7)); where a controller is not there or
 * may not be used, that is one of its gaps.
 */
export async function createControlGroup(
  name: string,
  limits: ProcessLimits,
): Promise<ControlGroup> {
  const parents = await readOwnGroups();
  const folders = new Set<string>();
  const gaps: string[] = [];
  for (const controller of controllers.filter(({ isWanted }) => isWanted?.(limits) ?? true)) {
    const parent = parents[controller.name];
    const folder = parent && (await openGroup(controller, { ...parent, name, limits }));
    if (folder) folders.add(folder);
    else gaps.push(controller.gap);
  }
  // Version 2 has one folder for both: one that neither could use is nobody's.
  for (const { path } of Object.values(parents).filter((parent) => parent !== undefined)) {
    const folder = join(path, name);
    if (!folders.has(folder)) await rmdir(folder).catch(() => {});
  }
  return {
    entryPaths: [...folders].map((folder) => join(folder, "cgroup.procs")),
    gaps,
    countMemoryKills: () => readCount(folders, MEMORY_KILLS),
    countRefusedProcesses: () => readCount(folders, REFUSED_PROCESSES),
    async remove() {
      for (const folder of folders) await removeGroup(folder);
    },
  };
}

interface Counter {
  /** Files that may hold it, in one version of control groups or the other. */
  files: readonly string[];
  line: RegExp;
}

const MEMORY_KILLS: Counter = {
  files: ["memory.events", "memory.oom_control"],
  line: /^oom_kill (\d+)$/m,
};
const REFUSED_PROCESSES: Counter = { files: ["pids.events"], line: /^max (\d+)$/m };

/** 0 where none of the groups has it. */
async function readCount(folders: Iterable<string>, { files, line }: Counter): Promise<number> {
  const paths = [...folders].flatMap((folder) => files.map((name) => join(folder, name)));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  return Math.max(0, ...texts.map((text) => Number(line.exec(text)?.[1] ?? 0)));
}

interface ParentGroup {
  path: string;
  version: 1 | 2;
}

/** Where we are ourselves, per controller: `/proc/self/cgroup` has a line `id:controllers:path` for each hierarchy. */
async function readOwnGroups(): Promise<Partial<Record<string, ParentGroup>>> {
  const text = await readFile("/proc/self/cgroup", "utf8").catch(() => "");
  const groups: Partial<Record<string, ParentGroup>> = {};
  for (const line of text.split("\n")) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    const version = names === "" ? 2 : 1;
    const found = names === "" ? controllers.map(({ name }) => name) : names.split(",");
    const folder = version === 2 ? join(ROOT, path) : join(ROOT, names, path);
    for (const name of found) groups[name] ??= { path: folder, version };
  }
  return groups;
}

async function openGroup(
  controller: Controller,
  { path, version, name, limits }: ParentGroup & { name: string; limits: ProcessLimits },
): Promise<string | null> {
  const folder = join(path, name);
  try {
    if (version === 2) await writeFile(join(path, "cgroup.subtree_control"), `+${controller.name}`);
    await mkdir(folder, { recursive: true });
    const settings = Object.entries(controller.settings(limits, version));
    for (const [file, value] of settings) await writeFile(join(folder, file), value);
    await access(join(folder, "cgroup.procs"), constants.W_OK);
    return folder;
  } catch {
    // Not there, not ours to change, or busy with processes of its parent: a gap, which is told.
    return null;
  }
}

/** All groups that lie beside ours. */
export async function listControlGroups(): Promise<{ name: string; path: string }[]> {
  const parents = Object.values(await readOwnGroups()).filter((parent) => parent !== undefined);
  const paths = [...new Set(parents.map(({ path }) => path))];
  const listed = await Promise.all(
    paths.map(async (path) => {
      const names = await readdir(path).catch(() => []);
      return names.map((name) => ({ name, path: join(path, name) }));
    }),
  );
  return listed.flat();
}

/** A group is busy as long as it has processes, also dying ones. */
export async function removeGroup(folder: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await rmdir(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || tries === REMOVE_TRIES) throw error;
      await killMembers(folder);
      await delay(REMOVE_WAIT_MS);
    }
  }
}

async function killMembers(folder: string): Promise<void> {
  const text = await readFile(join(folder, "cgroup.procs"), "utf8").catch(() => "");
  for (const pid of text.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
