import { existsSync } from "node:fs";
import { installPackages } from "./install-packages.ts";

/** The tests of isolated sessions need bubblewrap and socat; where they cannot be had these are skipped. */
export function ensureSandbox(): void {
  const isInstalled = ["bwrap", "socat"].every((name) => existsSync(`/usr/bin/${name}`));
  if (!isInstalled) installPackages(["bubblewrap", "socat"]);
}
