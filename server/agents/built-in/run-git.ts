// This runs inside the sandbox, as part of an agent.
// oxlint-disable-next-line millrace/one-home
import { spawn } from "node:child_process";

const OUTPUT_MAX_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 15_000;

/**
 * Standard output of a git command, cut at 8 MiB. Rejects with git's last words when it fails or takes longer than
 * 15 s. Hooks, pagers and optional locks are off: looking at a repository must not change it or run its code.
 */
export function runGit(cwd: string, args: string[], signal: AbortSignal): Promise<string> {
  const settings = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "--no-pager",
    "--no-optional-locks",
  ];
  const child = spawn("git", [...settings, ...args], {
    cwd,
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const chunks: Buffer[] = [];
  let byteLength = 0;
  let errorText = "";
  child.stdout.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    byteLength += chunk.length;
    if (byteLength > OUTPUT_MAX_BYTES) child.kill();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errorText = (errorText + chunk.toString("utf8")).slice(-2_000);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const isComplete = code === 0 || byteLength > OUTPUT_MAX_BYTES;
      if (isComplete) resolve(Buffer.concat(chunks).subarray(0, OUTPUT_MAX_BYTES).toString("utf8"));
      else reject(new Error(errorText.trim() || `git ended with code ${code}`));
    });
  });
}
