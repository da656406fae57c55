import type { AnyMessage } from "@agentclientprotocol/sdk";
import { isRecord } from "#lib/is-record.ts";
import { hideSecrets } from "#server/sandboxes/redact-output.ts";

/** Members that the protocol is read by: ids, and words out of a list. */
const CARRIERS: ReadonlySet<string> = new Set([
  "jsonrpc",
  "method",
  "id",
  "sessionId",
  "messageId",
  "toolCallId",
  "requestId",
  "terminalId",
  "terminal_id",
  "elicitationId",
  "optionId",
  "configId",
  "methodId",
  "modeId",
  "currentModeId",
  "modelId",
  "currentModelId",
  "currentValue",
  "sessionUpdate",
  "type",
  "kind",
  "status",
  "stopReason",
  "priority",
  "role",
  "category",
  "mode",
  "mimeType",
  "required",
]);
const OF_SETTINGS: ReadonlySet<string> = new Set([...CARRIERS, "value"]);

interface HideOptions {
  lines: readonly string[];
  /** Members whose text stays; null where the words are a tool's own, names of members included. */
  carriers: ReadonlySet<string> | null;
}

/** The message with `lines` taken out of its texts. What carries it stays, or nobody could read it any more. */
export const hideInMessage = (message: AnyMessage, lines: readonly string[]): AnyMessage =>
  hideIn(message, { lines, carriers: CARRIERS }) as AnyMessage;

function hideIn(value: unknown, options: HideOptions): unknown {
  if (typeof value === "string") return hideSecrets(value, options.lines);
  if (Array.isArray(value)) return value.map((each) => hideIn(each, options));
  if (!isRecord(value)) return value;
  const { lines, carriers } = options;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      if (carriers === null) return [hideSecrets(name, lines), hideIn(each, options)];
      if (carriers.has(name) && isText(each)) return [name, each];
      return [name, hideIn(each, { lines, carriers: carriersIn(name, carriers) })];
    }),
  );
}

function carriersIn(name: string, carriers: ReadonlySet<string>): ReadonlySet<string> | null {
  if (name === "rawInput" || name === "rawOutput") return null;
  return name === "configOptions" ? OF_SETTINGS : carriers;
}

/** Also a list of them. */
const isText = (value: unknown): boolean =>
  typeof value === "string" || (Array.isArray(value) && value.every(isText));
