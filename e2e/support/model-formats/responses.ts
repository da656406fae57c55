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

interface Item {
  type?: string;
  role?: string;
  content?: unknown;
  output?: unknown;
  arguments?: unknown;
  input?: unknown;
}

interface Body {
  model: string;
  stream?: boolean;
  input: string | Item[];
  tools?: { name?: string; type: string }[];
}

const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 120,
};

/** OpenAI's responses. */
export const responses: WireFormat = {
  takes: (path) => path.endsWith("/responses"),

  read(text) {
    const { model, stream = false, input, tools = [] } = JSON.parse(text) as Body;
    const items = typeof input === "string" ? [{ role: "user", content: input }] : input;
    return {
      model,
      isStreaming: stream,
      toolNames: tools.map(({ name, type }) => name ?? type),
      utterances: joinSteps(items.flatMap(readItem)),
    };
  },

  send(response, reply, { model, isStreaming }) {
    const output = outputItems(reply);
    const whole = { id: nextId("resp"), object: "response", status: "completed", model };
    if (isStreaming) sendStream(response, { ...whole, output, usage }, output);
    else sendJson(response, { ...whole, output, usage });
  },
};

function readItem({ type = "message", role, ...item }: Item): Utterance[] {
  if (type.endsWith("_output")) return [{ role: "tool", text: toText(item.output) }];
  if (type.endsWith("_call"))
    return [{ role: "assistant", text: toText(item.arguments ?? item.input) }];
  if (type !== "message") return [];
  if (role === "assistant") return [{ role, text: toText(item.content) }];
  return role === "user" ? [{ role, text: toText(item.content) }] : [];
}

type OutputItem = Record<string, unknown> & { id: string; type: string };

function outputItems(reply: ModelReply): OutputItem[] {
  const calls = numberCalls(reply).map((call): OutputItem => {
    const head = { id: `item_${call.id}`, call_id: call.id, name: call.name, status: "completed" };
    const text = argumentText(call);
    return typeof call.arguments === "string"
      ? { ...head, type: "custom_tool_call", input: text }
      : { ...head, type: "function_call", arguments: text };
  });
  if (reply.text === undefined) return calls;
  const content = [{ type: "output_text", text: reply.text, annotations: [] }];
  const message = { id: nextId("msg"), type: "message", role: "assistant", status: "completed" };
  return [{ ...message, content }, ...calls];
}

function sendStream(response: ServerResponse, whole: object, output: OutputItem[]): void {
  beginStream(response);
  let number = 0;
  const send = (type: string, data: object) => {
    const event = { type, sequence_number: (number += 1), ...data };
    response.write(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  };

  send("response.created", { response: { ...whole, status: "in_progress", output: [] } });
  for (const [index, item] of output.entries()) {
    const place = { item_id: item.id, output_index: index };
    send("response.output_item.added", { output_index: index, item: emptied(item) });
    if (item.type === "message") {
      const [{ text = "" } = {}] = item["content"] as { text?: string }[];
      for (const delta of splitText(text))
        send("response.output_text.delta", { ...place, content_index: 0, delta });
    }
    send("response.output_item.done", { output_index: index, item });
  }
  send("response.completed", { response: whole });
  response.end();
}

const emptied = (item: OutputItem): object =>
  item.type === "message" ? { ...item, content: [], status: "in_progress" } : item;
