import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const BUNDLE = "built-in-agent.mjs";
const SOURCE = "agents/built-in/main.ts";
const LOADER = "node_modules/tsx/dist/loader.mjs";

/**
 * How to start the built-in agent: the bundle that lies beside the server's own bundle, or its source through tsx
 * in a checkout. Paths are absolute because the agent starts in a workspace.
 */
export function builtInAgentCommand(): { command: string; args: string[] } {
  const command = process.execPath;
  const bundle = serverFolders()
    .map((folder) => join(folder, BUNDLE))
    .find(existsSync);
  if (bundle !== undefined) return { command, args: [bundle] };

  const folder = serverFolders().find((candidate) => existsSync(join(candidate, SOURCE))) ?? ".";
  const loader = pathToFileURL(join(folder, "..", LOADER)).href;
  return { command, args: ["--import", loader, join(folder, SOURCE)] };
}

/**
 * Where the server may be: beside the script that was started, or above this file. The copy of this module in
 * Next's bundle finds it only by the script. Joined by hand, as bundlers take `new URL(…)` for an asset of theirs.
 */
function serverFolders(): string[] {
  const script = process.argv[1];
  const here = dirname(fileURLToPath(import.meta.url));
  return [...(script === undefined ? [] : [dirname(script)]), here, dirname(here)];
}
