import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * How to start the built-in agent: the bundle that lies beside the server's own bundle, or its source through tsx
 * in a checkout. Paths are absolute because the agent starts in a workspace.
 */
export function builtInAgentCommand(): { command: string; args: string[] } {
  // Joined by hand: bundlers would turn `new URL(…, import.meta.url)` into an asset of their own.
  const folder = dirname(fileURLToPath(import.meta.url));
  const bundle = join(folder, "built-in-agent.mjs");
  if (existsSync(bundle)) return { command: process.execPath, args: [bundle] };

  const source = join(folder, "built-in", "main.ts");
  return { command: process.execPath, args: ["--import", tsxLoader(folder), source] };
}

function tsxLoader(folder: string): string {
  const resolve = createRequire(join(folder, "package.json")).resolve;
  return pathToFileURL(resolve("tsx/esm")).href;
}
