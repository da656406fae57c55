import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const BUILT = ["dist/server.mjs", "dist/built-in-agent.mjs", ".next/BUILD_ID"];
const SOURCES = ["app", "components", "server", "lib", "drizzle", "public", "*.json", "*.config.*"];

/** True when a bundle is missing or older than one of the files that it is made from. */
export function isBuildStale(): boolean {
  if (BUILT.some((file) => !existsSync(file))) return true;
  const builtAtMs = Math.min(...BUILT.map((file) => statSync(file).mtimeMs));
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", ...SOURCES];
  const sources = execFileSync("git", args, { encoding: "utf8" }).trim().split("\n");
  return sources.some((file) => existsSync(file) && statSync(file).mtimeMs > builtAtMs);
}
