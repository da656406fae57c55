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

interface Body {
  model: string;
  stream?: boolean;
  messages: { role: string; content: unknown; tool_calls?: unknown }[];
  tools?: { function: { name: string } }[];
}

const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

/** OpenAI's chat completions, which most other providers speak too. */
export const chatCompletions: WireFormat = {
  takes: (path) => path.endsWith("/chat/completions"),

  read(text) {
    const { model, stream = false, messages, tools = [] } = JSON.parse(text) as Body;
    const utterances = messages.flatMap(({ role, content, tool_calls: calls }): Utterance[] =>
      role === "user" || role === "assistant" || role === "tool"
        ? [{ role, text: toText(content) + (calls ? toText(calls) : "") }]
        : [],
    );
    return {
      model,
      isStreaming: stream,
      toolNames: tools.map((tool) => tool.function.name),
      utterances: joinSteps(utterances),
    };
  },

  send(response, reply, { model, isStreaming }) {
    if (isStreaming) sendStream(response, model, reply);
    else sendWhole(response, model, reply);
  },
};

function sendStream(response: ServerResponse, model: string, reply: ModelReply): void {
  beginStream(response);
  const head = { id: nextId("chatcmpl"), object: "chat.completion.chunk", created: 0, model };
  const send = (choices: unknown[], rest = {}) => {
    response.write(`data: ${JSON.stringify({ ...head, choices, ...rest })}\n\n`);
  };
  const sendDelta = (delta: unknown) => send([{ index: 0, delta, finish_reason: null }]);

  sendDelta({ role: "assistant", content: "" });
  for (const content of splitText(reply.text ?? "")) sendDelta({ content });
  for (const [index, call] of toolCalls(reply).entries()) {
    const { arguments: text } = call.function;
    sendDelta({ tool_calls: [{ index, ...call, function: { ...call.function, arguments: "" } }] });
    for (const piece of splitText(text))
      sendDelta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  send([{ index: 0, delta: {}, finish_reason: finishReason(reply) }]);
  send([], { usage });
  response.end("data: [DONE]\n\n");
}

function sendWhole(response: ServerResponse, model: string, reply: ModelReply): void {
  const calls = toolCalls(reply);
  const message = {
    role: "assistant",
    content: reply.text ?? null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  sendJson(response, {
    id: nextId("chatcmpl"),
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: finishReason(reply) }],
    usage,
  });
}

const toolCalls = (reply: ModelReply) =>
  numberCalls(reply).map((call) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: argumentText(call) },
  }));

const finishReason = ({ toolCalls: calls = [] }: ModelReply) =>
  calls.length > 0 ? "tool_calls" : "stop";
