import { constants } from "node:fs";
import { access, readFile, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { AgentStatus } from "#lib/agent-status.ts";
import { AppError } from "#lib/errors.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import {
  type AgentCommands,
  type AgentDefinition,
  listAgentDefinitions,
} from "./agent-registry.ts";
import { compareVersions, findVersion } from "./compare-versions.ts";

const VERSION_TIMEOUT_MS = 5_000;
const VERSION_OUTPUT_MAX_CHARACTERS = 4_096;
const FAILED_PROBE_MS = 60_000;

export interface FindAgentsOptions {
  sandbox: Sandbox;
  /** Home of the agents while they are asked for their version. */
  homePath: string;
  /** Value of PATH. */
  path: string;
  /** Folders that are looked through before PATH. */
  agentPaths?: string[];
  commands?: AgentCommands;
}

/** An agent and where it was found; `definition.command` is absolute when `status.available`. */
export interface FoundAgent {
  definition: AgentDefinition;
  status: AgentStatus;
}

/** Looks for every agent at once. Versions are kept until the command's file changes. */
export function findAgents(options: FindAgentsOptions): Promise<FoundAgent[]> {
  return Promise.all(
    listAgentDefinitions(options.commands).map((definition) => findAgent(definition, options)),
  );
}

/** One agent, ready to start. Throws `invalid_input` for an unknown id, `unavailable` when it is not installed. */
export async function getAgent(id: string, options: FindAgentsOptions): Promise<FoundAgent> {
  const definition = listAgentDefinitions(options.commands).find((agent) => agent.id === id);
  if (!definition) throw new AppError("invalid_input", "There is no such agent");
  const found = await findAgent(definition, options);
  if (!found.status.available) {
    const hint = definition.installHint ? `: ${definition.installHint}` : "";
    throw new AppError(
      "unavailable",
      `${definition.label} is not installed on this machine${hint}`,
    );
  }
  return found;
}

async function findAgent(
  definition: AgentDefinition,
  options: FindAgentsOptions,
): Promise<FoundAgent> {
  const { id, label, description, builtIn, installHint } = definition;
  const base = { id, label, description, builtIn };
  const commandPath = await findCommand(definition.command, options);
  if (commandPath === null) {
    const status = { ...base, available: false, version: null, versionNote: null, installHint };
    return { definition, status };
  }
  const version = builtIn ? null : await findAgentVersion(definition, commandPath, options);
  const versionNote = describeVersion(definition, version);
  return {
    definition: { ...definition, command: commandPath },
    status: { ...base, available: true, version, versionNote, installHint: null },
  };
}

/** Absolute path of an executable file, or null. */
async function findCommand(
  command: string,
  { path, agentPaths = [] }: Pick<FindAgentsOptions, "path" | "agentPaths">,
): Promise<string | null> {
  const folders = [...agentPaths, ...path.split(delimiter)].filter(isAbsolute);
  const candidates = isAbsolute(command)
    ? [command]
    : folders.map((folder) => join(folder, command));
  for (const candidate of candidates) {
    if (await isExecutable(candidate)) return candidate;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Missing or not ours to run: both mean that it cannot be started.
    return false;
  }
}

function describeVersion(
  { testedVersions }: AgentDefinition,
  version: string | null,
): string | null {
  if (testedVersions === null || version === null) return null;
  const { from, below } = testedVersions;
  if (compareVersions(version, from) < 0)
    return `Older than what was tried (${from} up to ${below})`;
  if (compareVersions(version, below) >= 0)
    return `Newer than what was tried (${from} up to ${below})`;
  return null;
}

interface Probe {
  version: Promise<string | null>;
  expiresAt: number;
}

/** By command file and its change time: installing another version asks again. */
const probes = new Map<string, Probe>();

async function findAgentVersion(
  definition: AgentDefinition,
  commandPath: string,
  options: FindAgentsOptions,
): Promise<string | null> {
  const file = await realpath(commandPath);
  const { mtimeMs, size } = await stat(file);
  const key = `${definition.id}:${file}:${mtimeMs}:${size}`;
  const known = probes.get(key);
  if (known && known.expiresAt > Date.now()) return known.version;

  const probe: Probe = { version: readVersion(definition, file, options), expiresAt: Infinity };
  probes.set(key, probe);
  if ((await probe.version) === null) probe.expiresAt = Date.now() + FAILED_PROBE_MS;
  return probe.version;
}

async function readVersion(
  definition: AgentDefinition,
  file: string,
  options: FindAgentsOptions,
): Promise<string | null> {
  const packaged = definition.packageName
    ? await readPackageVersion(file, definition.packageName)
    : null;
  if (packaged !== null || definition.versionArgs === null) return packaged;
  return askVersion(file, definition.versionArgs, options);
}

/** Version in the nearest package.json above a command that npm installed; null when it is another package's. */
async function readPackageVersion(file: string, packageName: string): Promise<string | null> {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
    if (text === null) continue;
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
    return name === packageName && typeof version === "string" ? version : null;
  }
  return null;
}

/** Null when it cannot be started, prints no version, or takes longer than five seconds. */
async function askVersion(
  command: string,
  args: string[],
  { sandbox, homePath, path }: FindAgentsOptions,
): Promise<string | null> {
  const child = await sandbox
    .spawn({ command, args, cwd: "/", environment: { PATH: path }, homePath })
    .catch(() => null);
  if (child === null) return null;

  let output = "";
  const collect = (chunk: Buffer) => {
    if (output.length < VERSION_OUTPUT_MAX_CHARACTERS) output += chunk.toString("utf8");
  };
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  child.stdin.on("error", () => {}).end();
  const timer = setTimeout(() => void child.stop({ graceMs: 0 }), VERSION_TIMEOUT_MS);
  const { code } = await child.exited;
  clearTimeout(timer);
  return code === 0 ? findVersion(output) : null;
}
