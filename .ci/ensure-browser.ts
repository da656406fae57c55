import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chromium } from "@playwright/test";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";

/**
 * Makes sure that the end-to-end tests find a browser: `CHROMIUM`, Debian's, or Playwright's own. Installs one when
 * there is none, and says so when it could not. Safe to run again.
 */
export function ensureBrowser(): void {
  if (process.env["CHROMIUM"] !== undefined || existsSync(DEBIAN_CHROMIUM)) return;
  if (existsSync(chromium.executablePath())) return;
  if (isRootOnDebian()) {
    run("apt-get", ["update", "-qq"]);
    run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "chromium"]);
    if (existsSync(DEBIAN_CHROMIUM)) return;
  }
  const isInstalled = run("npx", ["playwright", "install", "chromium"]);
  if (!isInstalled) {
    console.error(
      "No Chromium: neither Debian's package nor Playwright's download could be had. " +
        "The end-to-end tests will fail; install one and name it in CHROMIUM.",
    );
  }
}

function isRootOnDebian(): boolean {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return process.getuid?.() === 0 && /^ID=debian$/m.test(release);
}

function run(command: string, args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  console.log(`> ${command} ${args.join(" ")}`);
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], env }).status === 0;
}
