import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const INSTALL_TIMEOUT_MS = 5 * 60_000;

const root = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The agents that npm has, each of the one version that the tests were written with. */
const packages = {
  opencode: { name: "opencode-ai", version: "1.18.33", command: "opencode" },
  kilo: { name: "@kilocode/cli", version: "7.7.7", command: "kilo" },
  claude: {
    name: "@agentclientprotocol/claude-agent-acp",
    version: "0.49.0",
    command: "claude-agent-acp",
  },
  codex: { name: "@agentclientprotocol/codex-acp", version: "2.6.0", command: "codex-acp" },
  gemini: { name: "@google/gemini-cli", version: "0.61.0", command: "gemini" },
  qwen: { name: "@qwen-code/qwen-code", version: "0.15.10", command: "qwen" },
} as const;

export type NpmAgentId = keyof typeof packages;

export const agentVersion = (id: NpmAgentId): string => packages[id].version;

/**
 * Folder with the command of a real agent (`node_modules/.bin`). The first call fetches it with npm (55 to 460 MB);
 * what is in the cache is complete, because a download is made beside it and moved into place when it is whole.
 * Safe to call from several processes at once. Throws `RegistryAwayError` when npm cannot reach its registry.
 */
export async function fetchAgent(
  id: NpmAgentId,
  { cachePath = path.join(root, ".cache/agents") } = {},
): Promise<string> {
  const { name, version, command } = packages[id];
  const folderName = `${name.replace("@", "").replace("/", "-")}-${version}`;
  const folder = path.join(cachePath, folderName);
  const commands = path.join(folder, "node_modules/.bin");
  if (await exists(path.join(commands, command))) return commands;

  await mkdir(cachePath, { recursive: true });
  const download = await mkdtemp(path.join(cachePath, "download-"));
  try {
    await install(download, `${name}@${version}`);
    await access(path.join(download, "node_modules/.bin", command));
    await moveIntoPlace(download, folder, commands);
  } finally {
    await rm(download, { recursive: true, force: true });
  }
  return commands;
}

/** Nobody answers at npm's registry: nothing that a test could be blamed for. */
export class RegistryAwayError extends Error {}

const NETWORK_TROUBLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH/;

async function install(folder: string, wanted: string): Promise<void> {
  await writeFile(path.join(folder, "package.json"), '{ "private": true }\n');
  const args = ["install", wanted, "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    await run("npm", args, { cwd: folder, timeout: INSTALL_TIMEOUT_MS });
  } catch (cause) {
    const { stderr = "" } = cause as { stderr?: string };
    const trouble = NETWORK_TROUBLE.exec(stderr)?.[0];
    if (trouble === undefined) throw cause;
    throw new RegistryAwayError(`npm's registry cannot be reached (${trouble})`, { cause });
  }
}

async function moveIntoPlace(download: string, folder: string, commands: string): Promise<void> {
  try {
    await rename(download, folder);
  } catch (error) {
    // Another process was faster; what it put there is as complete as ours.
    if (!(await exists(commands))) throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
