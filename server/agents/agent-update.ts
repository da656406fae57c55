/**
 * A `session/update` as it came. Agents deviate from the schema (missing `tool_call`, kinds that we do not know, null
 * for absent), so nothing but the kind is promised and `server/executions` reads the rest with care.
 */
export interface AgentUpdate extends Record<string, unknown> {
  sessionUpdate: string;
}

/**
 * Kind of an update of ours: the tool call that a permission request is about, which may be the first that is heard
 * of it. What the agent says in updates of its own counts more.
 */
export const PERMISSION_REQUEST = "permission_request";
