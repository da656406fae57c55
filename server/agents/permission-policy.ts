import type {
  PermissionOption,
  RequestPermissionOutcome,
  ToolCallUpdate,
} from "@agentclientprotocol/sdk";

export interface PermissionRequest {
  sessionId: string;
  toolCall: ToolCallUpdate;
  options: PermissionOption[];
}

/** Answers an agent that asks before it acts. A rejection counts as `cancelled`. */
export type PermissionPolicy = (
  request: PermissionRequest,
) => RequestPermissionOutcome | Promise<RequestPermissionOutcome>;

/** Allows what is asked: this once if offered, else by the first option that allows. The sandbox is the fence. */
export const allowOnce: PermissionPolicy = ({ options }) => {
  const option =
    options.find(({ kind }) => kind === "allow_once") ??
    options.find(({ kind }) => typeof kind === "string" && kind.startsWith("allow"));
  return option ? { outcome: "selected", optionId: option.optionId } : { outcome: "cancelled" };
};
