import { existsSync } from "node:fs";
import { chromium } from "@playwright/test";
import { installPackages, run } from "./install-packages.ts";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";

/**
 * Makes sure that the end-to-end tests find a browser: `CHROMIUM`, Debian's, or Playwright's own. Installs one when
 * there is none, and says so when it could not. Safe to run again.
 */
export function ensureBrowser(): void {
  if (process.env["CHROMIUM"] !== undefined || existsSync(DEBIAN_CHROMIUM)) return;
  if (existsSync(chromium.executablePath())) return;
  installPackages(["chromium"]);
  if (existsSync(DEBIAN_CHROMIUM)) return;
  const isInstalled = run("npx", ["playwright", "install", "chromium"]);
  if (!isInstalled) {
    console.error(
      "No Chromium: neither Debian's package nor Playwright's download could be had. " +
        "The end-to-end tests will fail; install one and name it in CHROMIUM.",
    );
  }
}
