import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

const PIECE_CHARACTERS = 16;

/** What the model says in one step. Tools are named and called as the agent offers them. */
export interface ModelReply {
  text?: string;
  toolCalls?: { name: string; arguments: Record<string, unknown> }[];
  /** Answers with this HTTP status instead. */
  status?: number;
  /** Says nothing until the agent goes away. */
  hangs?: boolean;
}

export interface ModelServerOptions {
  /**
   * One reply for each step of the conversation. The step is the number of answers that the request already holds,
   * so a request that is sent again gets the same reply. Beyond the end the model says "Done."
   */
  script: ModelReply[];
  /** Answer to requests that offer no tools: agents ask for a title that way. */
  title?: string;
}

/** The body of a chat completion request, as far as the tests look at it. */
export interface ModelRequest {
  model: string;
  stream?: boolean;
  messages: { role: string; content: unknown }[];
  tools?: { function: { name: string } }[];
}

export interface ModelServer {
  /** Base of an OpenAI-compatible API, on the loopback interface. */
  url: string;
  /** Every chat request so far, titles included. */
  requests: ModelRequest[];
  close(): Promise<void>;
}

/** A language model without a model: plays a script through the OpenAI chat completions API. */
export async function startModelServer({
  script,
  title = "A scripted title",
}: ModelServerOptions): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST" || !request.url?.endsWith("/chat/completions")) {
      response
        .writeHead(404, { "content-type": "application/json" })
        .end('{"error":{"message":"unknown path"}}');
      return;
    }
    const body = JSON.parse(await readBody(request)) as ModelRequest;
    requests.push(body);
    const reply = body.tools?.length ? nextReply(script, body) : { text: title };
    if (reply.hangs) return;
    if (reply.status !== undefined) {
      const error = JSON.stringify({
        error: { message: "The script asked for this failure", type: "scripted" },
      });
      response.writeHead(reply.status, { "content-type": "application/json" }).end(error);
      return;
    }
    if (body.stream) sendStream(response, body.model, reply);
    else sendWhole(response, body.model, reply);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function nextReply(script: ModelReply[], { messages }: ModelRequest): ModelReply {
  const step = messages.filter(({ role }) => role === "assistant").length;
  return script[step] ?? { text: "Done." };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

function sendStream(response: ServerResponse, model: string, reply: ModelReply): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const head = { id: "chatcmpl-scripted", object: "chat.completion.chunk", created: 0, model };
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
  const choices = [{ index: 0, message, finish_reason: finishReason(reply) }];
  const body = {
    id: "chatcmpl-scripted",
    object: "chat.completion",
    created: 0,
    model,
    choices,
    usage,
  };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

let callCount = 0;

function toolCalls(reply: ModelReply) {
  return (reply.toolCalls ?? []).map((call) => ({
    id: `call_${(callCount += 1)}`,
    type: "function",
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));
}

const finishReason = ({ toolCalls: calls = [] }: ModelReply) =>
  calls.length > 0 ? "tool_calls" : "stop";

function* splitText(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += PIECE_CHARACTERS) {
    yield text.slice(start, start + PIECE_CHARACTERS);
  }
}
