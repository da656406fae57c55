import { AppError } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";
import type { AgentConnection } from "#server/agents/agent-connection.ts";
import type { AgentMcpServer } from "#server/profiles/fill-mcp-server.ts";
import type { Provision } from "#server/profiles/read-provision.ts";

interface Provided {
  label: string;
  connection: Pick<AgentConnection, "initialize" | "settings" | "setOption">;
  provision: Pick<Provision, "mcpServers" | "model">;
}

/** Throws `invalid_input` for a server that the agent cannot use: one that is left out is not missed until later. */
export function takeMcpServers({ label, connection, provision }: Provided): AgentMcpServer[] {
  const { mcpCapabilities } = connection.initialize.capabilities;
  const takesHttp = isRecord(mcpCapabilities) && mcpCapabilities["http"] === true;
  const refused = provision.mcpServers.find((server) => "url" in server && !takesHttp);
  if (!refused) return provision.mcpServers;
  throw new AppError(
    "invalid_input",
    `${label} takes no MCP servers over HTTP, as "${refused.name}" of the session's environment is`,
    { details: { reason: "mcp_not_taken" } },
  );
}

interface TakeModelOptions {
  sessionId: string;
  /** What people chose, by option: it counts more. */
  chosen: Readonly<Record<string, string>>;
  /** Some agents list nothing when they load a session: it goes on with the model that it had. */
  isLoaded: boolean;
  signal: AbortSignal;
}

/**
 * Has an opened session go on with the profile's model, and answers which it is; null where it is another. Throws
 * `invalid_input` where the agent does not offer it.
 */
export async function takeModel(
  { label, connection, provision }: Provided,
  { sessionId, chosen, isLoaded, signal }: TakeModelOptions,
): Promise<string | null> {
  const { model } = provision;
  if (model === null) return null;
  const { options } = connection.settings.get(sessionId);
  const option = options.find(({ way, category }) => way === "model" || category === "model");
  if (option ? Object.hasOwn(chosen, option.id) : isLoaded) return null;
  if (!option?.choices.some(({ value }) => value === model)) {
    throw new AppError(
      "invalid_input",
      `${label} does not offer the model "${model}", which the session's environment names`,
      { details: { reason: "model_not_offered" } },
    );
  }
  if (option.value !== model)
    await connection.setOption({ sessionId, optionId: option.id, value: model, signal });
  return model;
}
