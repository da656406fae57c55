import type {
  PermissionOption,
  RequestPermissionOutcome,
  ToolCallUpdate,
} from "@agentclientprotocol/sdk";

export interface PermissionRequest {
  sessionId: string;
  toolCall: ToolCallUpdate;
  /** What the call was last said to be given in updates of the turn; undefined where nothing was. */
  heardInput?: unknown;
  options: PermissionOption[];
}

export interface DecisionOptions {
  /** Aborted when the turn is cancelled or over: whatever is decided then, the agent is told `cancelled`. */
  signal: AbortSignal;
}

/** Answers an agent that asks before it acts. A rejection counts as `cancelled`. */
export type PermissionPolicy = (
  request: PermissionRequest,
  options: DecisionOptions,
) => RequestPermissionOutcome | Promise<RequestPermissionOutcome>;

/** Of what an agent offers, what allows this once, or else whatever allows it; undefined where nothing does. */
export const findAllowing = <Option extends { kind: string }>(
  options: readonly Option[],
): Option | undefined =>
  options.find(({ kind }) => kind === "allow_once") ??
  options.find(({ kind }) => typeof kind === "string" && kind.startsWith("allow"));

/** Allows what is asked. The sandbox is the fence. */
export const allowOnce: PermissionPolicy = ({ options }) => {
  const option = findAllowing(options);
  return option ? { outcome: "selected", optionId: option.optionId } : { outcome: "cancelled" };
};
