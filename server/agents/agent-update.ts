/**
 * A `session/update` as it came. Agents deviate from the schema (missing `tool_call`, kinds that we do not know, null
 * for absent), so nothing but the kind is promised and `server/executions` reads the rest with care.
 */
export interface AgentUpdate extends Record<string, unknown> {
  sessionUpdate: string;
}
