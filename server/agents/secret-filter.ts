import type { AnyMessage } from "@agentclientprotocol/sdk";
import { isRecord } from "#lib/is-record.ts";
import { hideSecrets, secretLines } from "#server/sandboxes/redact-output.ts";
import { hideInMessage } from "./hide-in-message.ts";

/** Takes secrets out of what an agent says. */
export interface SecretFilter {
  /** What to pass on instead; text that may be the beginning of a secret is held back until the rest is known. */
  filter(message: AnyMessage): AnyMessage[];
  /** What is still held back. */
  end(): AnyMessage[];
}

interface TextChunk {
  /** Equal for chunks that go on with each other. */
  stream: string;
  text: string;
  /** The message with another text. */
  withText(text: string): AnyMessage;
  /** What says only the text that was held back. */
  ofRest(text: string): AnyMessage;
  /** The message says something beside its text. */
  isMore: boolean;
  /** After this message nothing goes on with the text. */
  isEndedBy(message: AnyMessage): boolean;
}

/** A secret of several lines is one secret a line; what is shorter than six characters is no secret. */
export function createSecretFilter(secrets: readonly string[]): SecretFilter {
  const lines = secretLines(secrets);
  /** By stream: several terminals run at once, and other news comes between the words of a text. */
  const held = new Map<string, TextChunk>();

  const endThose = (isOver: (chunk: TextChunk) => boolean): AnyMessage[] => {
    const over = [...held.values()].filter(isOver);
    for (const { stream } of over) held.delete(stream);
    return over.map(({ text, ofRest }) => ofRest(text));
  };

  return {
    end: () => endThose(() => true),
    filter(message) {
      if (lines.length === 0) return [message];
      const chunk = readTextChunk(message) ?? readTerminalChunk(message);
      const before = endThose((rest) => rest.stream !== chunk?.stream && rest.isEndedBy(message));
      if (chunk === null) return [...before, hideInMessage(message, lines)];
      const text = hideSecrets((held.get(chunk.stream)?.text ?? "") + chunk.text, lines);
      const keptLength = chunk.isEndedBy(message) ? 0 : beginningOfSecret(text, lines);
      held.delete(chunk.stream);
      if (keptLength > 0)
        held.set(chunk.stream, { ...chunk, text: text.slice(text.length - keptLength) });
      const shown = text.slice(0, text.length - keptLength);
      if (shown === "" && !chunk.isMore) return before;
      return [...before, hideInMessage(chunk.withText(shown), lines)];
    },
  };
}

/** What may come in the middle of a text: the text goes on behind it in the same part. */
const QUIET_UPDATES = new Set([
  "tool_call_update",
  "plan",
  "usage_update",
  "available_commands_update",
  "current_mode_update",
  "config_option_update",
  "session_info_update",
]);

/** Null for everything but a piece of text that other pieces may follow. */
function readTextChunk(message: AnyMessage): TextChunk | null {
  const { sessionId, update } = readUpdate(message) ?? {};
  if (!update) return null;
  const { sessionUpdate: kind, content, messageId } = update;
  if (typeof kind !== "string" || !kind.endsWith("_chunk") || !isRecord(content)) return null;
  if (content["type"] !== "text" || typeof content["text"] !== "string") return null;
  const withText = (text: string) =>
    withUpdate(message, { ...update, content: { ...content, text } });
  const stream = JSON.stringify([sessionId, kind, messageId]);
  const isEndedBy = (other: AnyMessage) => {
    const next = readUpdate(other);
    if (next === null) return true;
    if (next.sessionId !== sessionId) return false;
    const isSame = next.update["sessionUpdate"] === kind && next.update["messageId"] === messageId;
    return !isSame && !QUIET_UPDATES.has(String(next.update["sessionUpdate"]));
  };
  return { stream, text: content["text"], withText, ofRest: withText, isMore: false, isEndedBy };
}

/** As Codex tells what a terminal goes on to say. */
function readTerminalChunk(message: AnyMessage): TextChunk | null {
  const { sessionId, update } = readUpdate(message) ?? {};
  if (!update || !isRecord(update["_meta"])) return null;
  const { sessionUpdate, toolCallId, _meta: meta } = update;
  const delta = meta["terminal_output_delta"];
  if (!isRecord(delta) || typeof delta["data"] !== "string") return null;
  const metaOf = (data: string) => ({ terminal_output_delta: { ...delta, data } });
  return {
    stream: JSON.stringify([sessionId, "terminal", toolCallId, delta["terminal_id"]]),
    text: delta["data"],
    withText: (text) => withUpdate(message, { ...update, _meta: { ...meta, ...metaOf(text) } }),
    ofRest: (text) => withUpdate(message, { sessionUpdate, toolCallId, _meta: metaOf(text) }),
    isMore: true,
    isEndedBy(other) {
      const next = readUpdate(other);
      if (next === null) return !("method" in other);
      const isSame = next.sessionId === sessionId && next.update["toolCallId"] === toolCallId;
      return isSame && endsTerminal(next.update);
    },
  };
}

function endsTerminal({ status, _meta: meta }: Record<string, unknown>): boolean {
  if (status === "completed" || status === "failed") return true;
  return isRecord(meta) && ("terminal_output" in meta || "terminal_exit" in meta);
}

function readUpdate(message: AnyMessage) {
  if (!("method" in message) || message.method !== "session/update") return null;
  if (!isRecord(message.params) || !isRecord(message.params["update"])) return null;
  return { sessionId: message.params["sessionId"], update: message.params["update"] };
}

function withUpdate(message: AnyMessage, update: Record<string, unknown>): AnyMessage {
  const { params } = message as { params: object };
  return { ...message, params: { ...params, update } };
}

/** How many characters at the end of a text are how a secret begins. */
function beginningOfSecret(text: string, lines: readonly string[]): number {
  let longest = 0;
  for (const line of lines) {
    for (let length = Math.min(line.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(line.slice(0, length))) longest = length;
    }
  }
  return longest;
}
