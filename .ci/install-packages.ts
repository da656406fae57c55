import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Installs Debian packages where that needs no question, as root on Debian; elsewhere does nothing. Safe to run again. */
export function installPackages(names: readonly string[]): void {
  if (!isRootOnDebian()) return;
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names]);
}

function isRootOnDebian(): boolean {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return process.getuid?.() === 0 && /^ID=debian$/m.test(release);
}

/** Shows the command and its output; true when it succeeded. */
export function run(command: string, args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  console.log(`> ${command} ${args.join(" ")}`);
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], env }).status === 0;
}
