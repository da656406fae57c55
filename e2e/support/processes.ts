import { readdir, readFile, readlink } from "node:fs/promises";

export interface FoundProcess {
  pid: number;
  command: string;
}

/**
 * Processes that have to do with a folder: by working directory, command line or environment. Finds the embedded
 * database, agents, git and setup commands of a server whose data is there, also when their parent is gone.
 * Linux only; empty elsewhere.
 */
export async function findProcessesIn(folder: string): Promise<FoundProcess[]> {
  if (process.platform !== "linux") return [];
  const entries = await readdir("/proc");
  const found = await Promise.all(
    entries.filter((entry) => /^\d+$/.test(entry)).map((entry) => inspect(Number(entry), folder)),
  );
  return found.filter((one) => one !== null);
}

/** Children of a process that have ended and that it has not taken note of. */
export async function findZombies(parentPid: number): Promise<number[]> {
  const entries = (await readdir("/proc").catch(() => [])).filter((entry) => /^\d+$/.test(entry));
  const states = await Promise.all(
    entries.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")),
  );
  const isZombie = (stat: string) => new RegExp(`\\) Z ${parentPid} `).test(stat);
  return entries.filter((_, index) => isZombie(states[index] ?? "")).map(Number);
}

/** Null when the process has nothing to do with the folder, or ended while we looked. */
async function inspect(pid: number, folder: string): Promise<FoundProcess | null> {
  if (pid === process.pid) return null;
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
  const [command, environment, cwd, status] = await Promise.all([
    read("cmdline"),
    read("environ"),
    readlink(`/proc/${pid}/cwd`).catch(() => ""),
    read("stat"),
  ]);
  const isZombie = /\) Z /.test(status);
  if (isZombie || ![command, environment, cwd].some((text) => text.includes(folder))) return null;
  return { pid, command: command.replaceAll("\0", " ").trim() };
}
