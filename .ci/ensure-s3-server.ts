import { existsSync } from "node:fs";
import { installPackages } from "./install-packages.ts";

const packages = ["swift-proxy", "swift-account", "swift-container", "swift-object", "memcached"];

/**
 * Makes sure that the tests of the s3 driver find a server: the one that `TEST_S3_URL` names, or Debian's Swift, which
 * the tests start themselves. Where neither can be had they are skipped, and say so. Safe to run again.
 */
export function ensureS3Server(): void {
  const programs = ["memcached", ...packages.slice(0, -1).map((name) => `${name}-server`)];
  const isInstalled = programs.every((name) => existsSync(`/usr/bin/${name}`));
  if (process.env["TEST_S3_URL"] === undefined && !isInstalled) installPackages(packages);
}
