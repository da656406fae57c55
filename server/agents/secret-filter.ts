import type { AnyMessage } from "@agentclientprotocol/sdk";
import { isRecord } from "#lib/is-record.ts";
import { hideSecrets, secretLines } from "#server/sandboxes/redact-output.ts";

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
}

/** A secret of several lines is one secret a line; what is shorter than six characters is no secret. */
export function createSecretFilter(secrets: readonly string[]): SecretFilter {
  const lines = secretLines(secrets);
  let held: TextChunk | null = null;

  const end = (): AnyMessage[] => {
    const rest = held;
    held = null;
    return rest === null || rest.text === "" ? [] : [rest.ofRest(rest.text)];
  };

  return {
    end,
    filter(message) {
      if (lines.length === 0) return [message];
      const chunk = readTextChunk(message) ?? readTerminalChunk(message);
      if (chunk === null) return [...end(), hideIn(message, lines) as AnyMessage];
      const before = held?.stream === chunk.stream ? [] : end();
      const text = hideSecrets((held?.text ?? "") + chunk.text, lines);
      const keptLength = beginningOfSecret(text, lines);
      held = { ...chunk, text: text.slice(text.length - keptLength) };
      const shown = text.slice(0, text.length - keptLength);
      if (shown === "" && !chunk.isMore) return before;
      return [...before, hideIn(chunk.withText(shown), lines) as AnyMessage];
    },
  };
}

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
  return { stream, text: content["text"], withText, ofRest: withText, isMore: false };
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
    stream: JSON.stringify([sessionId, "terminal", toolCallId]),
    text: delta["data"],
    withText: (text) => withUpdate(message, { ...update, _meta: { ...meta, ...metaOf(text) } }),
    ofRest: (text) => withUpdate(message, { sessionUpdate, toolCallId, _meta: metaOf(text) }),
    isMore: true,
  };
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

function hideIn(value: unknown, lines: readonly string[]): unknown {
  if (typeof value === "string") return hideSecrets(value, lines);
  if (Array.isArray(value)) return value.map((each) => hideIn(each, lines));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [hideSecrets(name, lines), hideIn(each, lines)]),
  );
}
