import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram } from "../find-program.ts";
import { systemMounts } from "./system-mounts.ts";

const TRIAL_TIMEOUT_MS = 5_000;

/** Null when the driver works here; else why it does not, in words for people. Starts one process. */
export async function findBubblewrap(path: string): Promise<string | null> {
  const bwrap = await findProgram("bwrap", path);
  if (bwrap === null) return "bubblewrap (the program bwrap) is not installed";
  if ((await findProgram("socat", path)) === null) return "socat is not installed";
  const args = ["--unshare-all", ...(await systemMounts()), "--proc", "/proc", "/bin/true"];
  try {
    await promisify(execFile)(bwrap, args, { timeout: TRIAL_TIMEOUT_MS });
    return null;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    return `bubblewrap does not work on this machine: ${stderr.trim() || "it gave no reason"}`;
  }
}
