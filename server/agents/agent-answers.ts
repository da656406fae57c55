import { PROTOCOL_VERSION, type StopReason } from "@agentclientprotocol/sdk";
import { AppError } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";
import type { PermissionRequest } from "./permission-policy.ts";

/** A JSON-RPC result; agents deviate from the schema, so every member is read with care. */
export type Answer = Record<string, unknown>;

export interface InitializeResult {
  /** As the agent calls itself; null when it does not. */
  name: string | null;
  version: string | null;
  protocolVersion: number;
  loadsSessions: boolean;
  capabilities: Record<string, unknown>;
}

export interface TurnResult {
  /** `end_turn`, `cancelled`, … or a reason that we do not know. */
  stopReason: StopReason | (string & {});
  /** Tokens of the turn in the agent's own words; null when it does not tell. */
  usage: Record<string, unknown> | null;
}

/** Throws `unavailable` when the agent speaks another version of the protocol. */
export function readInitialize(
  { protocolVersion, agentInfo, agentCapabilities }: Answer,
  label: string,
): InitializeResult {
  if (protocolVersion !== PROTOCOL_VERSION) {
    const theirs =
      typeof protocolVersion === "number" ? `version ${protocolVersion}` : "no version";
    throw new AppError(
      "unavailable",
      `${label} speaks ${theirs} of the Agent Client Protocol; Millrace speaks version ${PROTOCOL_VERSION}`,
    );
  }
  const info = isRecord(agentInfo) ? agentInfo : {};
  const capabilities = isRecord(agentCapabilities) ? agentCapabilities : {};
  return {
    name: typeof info["name"] === "string" ? info["name"] : null,
    version: typeof info["version"] === "string" ? info["version"] : null,
    protocolVersion,
    loadsSessions: capabilities["loadSession"] === true,
    capabilities,
  };
}

export function readTurnResult({ stopReason, usage }: Answer): TurnResult {
  return {
    stopReason: typeof stopReason === "string" ? stopReason : "end_turn",
    usage: isRecord(usage) ? usage : null,
  };
}

/** The model in use, from the two places where agents tell it. */
export function findModelId({ models, configOptions }: Answer): string | null {
  if (isRecord(models) && typeof models["currentModelId"] === "string")
    return models["currentModelId"];
  if (!Array.isArray(configOptions)) return null;
  const option: unknown = configOptions.find(
    (candidate: unknown) =>
      isRecord(candidate) && (candidate["category"] === "model" || candidate["id"] === "model"),
  );
  return isRecord(option) && typeof option["currentValue"] === "string"
    ? option["currentValue"]
    : null;
}

/** Lenient on purpose: a request that a strict schema refuses would leave the agent without an answer it understands. */
export function readPermissionRequest(params: unknown): PermissionRequest {
  const request = isRecord(params) ? params : {};
  const options = Array.isArray(request["options"]) ? request["options"].filter(isRecord) : [];
  return {
    sessionId: String(request["sessionId"]),
    toolCall: (isRecord(request["toolCall"])
      ? request["toolCall"]
      : {}) as PermissionRequest["toolCall"],
    options: options as unknown as PermissionRequest["options"],
  };
}

/** JSON-RPC errors often say only "Internal error" and carry the reason behind it or in `data`. */
export function describeRpcError(error: Error): string {
  const data = "data" in error ? error.data : undefined;
  const details = isRecord(data) ? (data["details"] ?? data["message"] ?? data["error"]) : data;
  if (typeof details === "string" && details !== "") return details;
  return error.message.replace(/^Internal error: /, "");
}
