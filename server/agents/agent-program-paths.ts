import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AgentDefinition } from "./agent-registry.ts";

const MODULES = "/node_modules";

interface ProgramPathsOptions {
  agent: Pick<AgentDefinition, "command" | "args" | "builtIn">;
  /** Folders of agents by configuration. */
  agentPaths: readonly string[];
  /** Of the sandbox: where programs are an image's, this machine's packages are shown one by one, and Node is not. */
  hasOwnSystem: boolean;
}

/**
 * Files and folders besides the system's that an agent must read to start: its program, the packages that lie around
 * it, and Node. A program outside of packages that needs files of its own belongs into one of `agentPaths`.
 */
export async function agentProgramPaths({
  agent,
  agentPaths,
  hasOwnSystem,
}: ProgramPathsOptions): Promise<string[]> {
  const named = [agent.command, ...agent.args].filter((text) => text.startsWith("/"));
  const real = await Promise.all(named.map((path) => realpath(path).catch(() => path)));
  const programs = [...named, ...real].map(withPackages);
  const project = agent.builtIn ? builtInPaths(agent.args) : [];
  const globalPackages = join(dirname(dirname(process.execPath)), "lib", "node_modules");
  const node = hasOwnSystem ? [] : [process.execPath, globalPackages];
  const paths = new Set([...programs, ...project, ...agentPaths, ...node]);
  const isNamed = (path: string) => path.endsWith(MODULES) || agentPaths.includes(path);
  const isMissing = (path: string) => (hasOwnSystem && isNamed(path)) || !isOfSystem(path);
  return [...paths].filter((path) => isMissing(path) && existsSync(path));
}

/** The outermost folder of packages that a file lies in, else the file alone. */
function withPackages(path: string): string {
  const end = path.indexOf(`${MODULES}/`);
  return end === -1 ? path : path.slice(0, end + MODULES.length);
}

/** What the built-in agent is made of; not the whole folder, which holds configuration and data. */
function builtInPaths(args: readonly string[]): string[] {
  const script = args.at(-1) ?? "";
  const root = rootOf(dirname(script));
  if (root === null) return [];
  const names = ["dist", "lib", "server", "node_modules", "package.json", "tsconfig.json"];
  return names.map((name) => join(root, name));
}

function rootOf(folder: string): string | null {
  if (existsSync(join(folder, "package.json"))) return folder;
  return dirname(folder) === folder ? null : rootOf(dirname(folder));
}

const isOfSystem = (path: string) =>
  path === "/" || /^\/(?:usr|bin|sbin|lib\w*)(?:\/|$)/.test(path);
