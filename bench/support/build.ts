import { execFileSync, type ExecFileSyncOptions } from "node:child_process";
import { join } from "node:path";

const options = {
  cwd: join(import.meta.dirname, "../.."),
  env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
  stdio: ["ignore", "ignore", "inherit"],
} satisfies ExecFileSyncOptions;

/** From the sources as they are: a stale bundle would be measured, or would not fit the rows of today. */
export function buildMillrace(): void {
  execFileSync("npm", ["run", "build"], options);
}

export function buildNextPeer(): void {
  execFileSync("npx", ["next", "build", "bench/next-peer"], options);
}
