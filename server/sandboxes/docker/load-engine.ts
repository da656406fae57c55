import { createRequire } from "node:module";
import type Docker from "dockerode";

/** What talks to the daemon, or why there is nothing, in words for people. */
export function loadEngine(socketPath: string): Docker | string {
  try {
    // Not an import: bundlers put a stand-in of their own for a package that is not there.
    const load = createRequire(import.meta.url);
    const Engine = load("dockerode") as typeof Docker;
    return new Engine({ socketPath });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return "the package dockerode is not installed: run npm install dockerode@5";
  }
}
