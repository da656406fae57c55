import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ServerIdentity } from "./server-identity.ts";

const run = promisify(execFile);

/** Nothing of ours is handed down: PG… variables would change what the programs do. */
export const serverEnvironment: NodeJS.ProcessEnv = {
  NODE_ENV: "production",
  PATH: "/usr/local/bin:/usr/bin:/bin",
  TZ: "UTC",
};

interface RunAsOptions {
  command: string;
  args: string[];
  identity: ServerIdentity | null;
  /** Entered before the user changes: it may be a folder that `identity` could not find by its path. */
  cwd: string;
}

/** Runs a program to its end and returns what it printed; throws with what it complained about. */
export async function runAs({ command, args, identity, cwd }: RunAsOptions): Promise<string> {
  try {
    const { stdout } = await run(command, args, { ...identity, cwd, env: serverEnvironment });
    return stdout.trim();
  } catch (cause) {
    const complaint =
      cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    throw new Error(`${command} failed: ${complaint || String(cause)}`, { cause });
  }
}
