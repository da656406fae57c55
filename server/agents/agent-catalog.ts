import { join } from "node:path";
import type { AgentStatus } from "#lib/agent-status.ts";
import type { Environment } from "#server/env.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import { type AgentDefinition, listAgentDefinitions } from "./agent-registry.ts";
import { findAgents, getAgent } from "./find-agents.ts";

/** The agents of this server: known ones and those of its configuration. */
export interface AgentCatalog {
  /** True for every agent that a session may ask for, installed or not. */
  has(id: string): boolean;
  /** What people call them, by id. */
  labels: Readonly<Record<string, string>>;
  /** Ready to start; throws `unavailable` with how to install it when it is missing. */
  get(id: string): Promise<AgentDefinition>;
  /** Built-in first. Looks at the disk and may ask commands for their version. */
  listStatuses(): Promise<AgentStatus[]>;
}

export function createAgentCatalog(environment: Environment, sandbox: Sandbox): AgentCatalog {
  const { AGENT_COMMANDS: commands, AGENT_PATHS: agentPaths, PATH: path, DATA_DIR } = environment;
  const definitions = listAgentDefinitions(commands);
  const ids: ReadonlySet<string> = new Set(definitions.map((agent) => agent.id));
  const options = { sandbox, homePath: join(DATA_DIR, "agent-home"), path, agentPaths, commands };
  return {
    has: (id) => ids.has(id),
    labels: Object.fromEntries(definitions.map(({ id, label }) => [id, label])),
    get: async (id) => (await getAgent(id, options)).definition,
    listStatuses: async () => (await findAgents(options)).map((agent) => agent.status),
  };
}
