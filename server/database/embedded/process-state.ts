import { execFile } from "node:child_process";
import { readFile, readlink, realpath } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** True while the process runs. A dead one that nobody has waited for yet (a zombie, under a bare container) is dead. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  if (process.platform !== "linux") return true;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  // The name, in brackets, may hold anything; the state follows the last bracket.
  return stat !== null && !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1));
}

/**
 * Whether that process is a PostgreSQL server on that folder, and not a program that got the number later. A server
 * works inside its data folder, which Linux tells; elsewhere its command line names the folder.
 */
export async function isServerOf(pid: number, clusterPath: string): Promise<boolean> {
  if (!(await isRunning(pid))) return false;
  const realPath = await realpath(clusterPath);
  if (process.platform === "linux") {
    const [workingPath, name] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => null),
      readFile(`/proc/${pid}/comm`, "utf8").catch(() => null),
    ]);
    return workingPath === realPath && name?.trim() === "postgres";
  }
  const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]).catch(() => ({
    stdout: "",
  }));
  return stdout.includes("postgres") && (stdout.includes(realPath) || stdout.includes(clusterPath));
}
