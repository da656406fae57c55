import { existsSync } from "node:fs";
import { chromium, type Browser } from "@playwright/test";

const DEBIAN_CHROMIUM = "/usr/bin/chromium";

/** The browser of the end-to-end tests: `CHROMIUM`, Debian's, or Playwright's own. */
export function launchBrowser(): Promise<Browser> {
  const fallback = existsSync(DEBIAN_CHROMIUM) ? DEBIAN_CHROMIUM : undefined;
  const executablePath = process.env["CHROMIUM"] ?? fallback;
  return chromium.launch({
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    ...(executablePath === undefined ? {} : { executablePath }),
  });
}
