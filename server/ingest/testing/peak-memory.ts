import { readFile, writeFile } from "node:fs/promises";

/** The most memory that a process had resident since `forgetPeak`, in bytes (proc(5), `VmHWM`). */
export async function readPeakBytes(pid: number): Promise<number> {
  return readStatus(pid, "VmHWM");
}

/** From now on counts anew; answers what is resident now, in bytes. */
export async function forgetPeak(pid: number): Promise<number> {
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  return readStatus(pid, "VmRSS");
}

async function readStatus(pid: number, name: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`No ${name} in the status of process ${pid}`);
  return Number(kibibytes) * 1024;
}
