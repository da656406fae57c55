import type { ServerResponse } from "node:http";
import {
  argumentText,
  beginStream,
  joinSteps,
  type ModelReply,
  nextId,
  numberCalls,
  sendJson,
  splitText,
  toText,
  type Utterance,
  type WireFormat,
} from "./wire-format.ts";

interface Block {
  type: string;
  text?: string;
  content?: unknown;
  input?: unknown;
}

interface Body {
  model: string;
  stream?: boolean;
  messages: { role: "user" | "assistant"; content: string | Block[] }[];
  tools?: { name: string }[];
}

const usage = { input_tokens: 100, output_tokens: 20 };

/** Anthropic's messages. */
export const messages: WireFormat = {
  takes: (path) => path.endsWith("/messages"),

  read(text) {
    const body = JSON.parse(text) as Body;
    const { model, stream = false, tools = [] } = body;
    return {
      model,
      isStreaming: stream,
      toolNames: tools.map(({ name }) => name),
      utterances: joinSteps(body.messages.flatMap(readMessage)),
    };
  },

  send(response, reply, { model, isStreaming }) {
    if (isStreaming) return sendStream(response, model, reply);
    const head = { id: nextId("msg"), type: "message", role: "assistant", model };
    const stop = { stop_reason: stopReason(reply), stop_sequence: null };
    sendJson(response, { ...head, content: blocks(reply), ...stop, usage });
  },
};

/** What tools answered comes in messages of the user, beside what the agent adds to them. */
function readMessage({ role, content }: Body["messages"][number]): Utterance[] {
  if (typeof content === "string") return [{ role, text: content }];
  return content.map((block) =>
    block.type === "tool_result"
      ? { role: "tool", text: toText(block.content) }
      : { role, text: block.text ?? toText(block.input) },
  );
}

const blocks = (reply: ModelReply) => [
  ...(reply.text === undefined ? [] : [{ type: "text", text: reply.text }]),
  ...numberCalls(reply).map((call) => ({
    type: "tool_use",
    id: `toolu_${call.id}`,
    name: call.name,
    input: call.arguments,
  })),
];

function sendStream(response: ServerResponse, model: string, reply: ModelReply): void {
  beginStream(response);
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const head = { id: nextId("msg"), type: "message", role: "assistant", model, content: [] };
  send("message_start", { message: { ...head, stop_reason: null, stop_sequence: null, usage } });
  for (const [index, block] of blocks(reply).entries()) {
    const isText = block.type === "text";
    const empty = isText ? { ...block, text: "" } : { ...block, input: {} };
    send("content_block_start", { index, content_block: empty });
    for (const piece of splitText(blockText(block)))
      send("content_block_delta", {
        index,
        delta: isText
          ? { type: "text_delta", text: piece }
          : { type: "input_json_delta", partial_json: piece },
      });
    send("content_block_stop", { index });
  }
  const delta = { stop_reason: stopReason(reply), stop_sequence: null };
  send("message_delta", { delta, usage });
  send("message_stop", {});
  response.end();
}

const blockText = (block: ReturnType<typeof blocks>[number]) =>
  "text" in block ? block.text : argumentText({ name: block.name, arguments: block.input });

const stopReason = ({ toolCalls = [] }: ModelReply) =>
  toolCalls.length > 0 ? "tool_use" : "end_turn";
