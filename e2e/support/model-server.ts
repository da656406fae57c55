import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { chatCompletions } from "./model-formats/chat-completions.ts";
import { generateContent } from "./model-formats/generate-content.ts";
import { messages } from "./model-formats/messages.ts";
import { responses } from "./model-formats/responses.ts";
import { type ModelReply, type ModelRequest, sendJson } from "./model-formats/wire-format.ts";

const formats = [chatCompletions, responses, messages, generateContent];

export interface ModelServerOptions {
  /**
   * One reply for each step of the conversation. The step is the number of answers that the request already holds,
   * so a request that is sent again gets the same reply. Beyond the end the model says "Done."
   */
  script: readonly ModelReply[] | Script;
  /** Answer to requests that offer no tools: agents ask for a title that way. */
  title?: string;
}

type Script = (request: ModelRequest) => ModelReply | undefined;

export interface ModelServer {
  /** Where each API begins, on the loopback interface: OpenAI's below `/v1`, the others at the top. */
  url: string;
  origin: string;
  /** Every request so far, titles included. */
  requests: ModelRequest[];
  close(): Promise<void>;
}

/** A language model without a model: plays a script in the four formats that agents speak. */
export async function startModelServer({
  script,
  title = "A scripted title",
}: ModelServerOptions): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const choose = typeof script === "function" ? script : inOrder(script);
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const format = request.method === "POST" && formats.find(({ takes }) => takes(pathname));
    if (!format) return answerOther(pathname, response);
    const asked = format.read(await readText(request), pathname);
    requests.push(asked);
    const reply =
      asked.toolNames.length > 0 ? (choose(asked) ?? { text: "Done." }) : { text: title };
    if (reply.hangs) return;
    if (reply.status === undefined) return format.send(response, reply, asked);
    const error = { message: "The script asked for this failure", type: "scripted" };
    sendJson(response, { error }, reply.status);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    url: `${origin}/v1`,
    origin,
    requests,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Agents count tokens before they ask, and look whether anybody is there. */
function answerOther(pathname: string, response: ServerResponse): void {
  if (/count_?tokens$/i.test(pathname))
    return sendJson(response, { input_tokens: 100, totalTokens: 100 });
  if (pathname === "/") return sendJson(response, {});
  sendJson(response, { error: { message: "unknown path" } }, 404);
}

const inOrder =
  (script: readonly ModelReply[]): Script =>
  ({ utterances }) =>
    script[utterances.filter(({ role }) => role === "assistant").length];

/**
 * Replies to the last prompt that holds one of these words, one for each step since. What agents add to a
 * conversation by themselves, and what became of earlier turns, does not count.
 */
export function byPrompt(turns: Readonly<Record<string, readonly ModelReply[]>>): Script {
  const words = Object.keys(turns);
  return ({ utterances }) => {
    const isPrompt = ({ role, text }: ModelRequest["utterances"][number]) =>
      role === "user" && words.some((word) => text.includes(word));
    const index = utterances.findLastIndex(isPrompt);
    const prompt = utterances[index]?.text ?? "";
    const word = words.find((candidate) => prompt.includes(candidate));
    const steps = utterances.slice(index + 1).filter(({ role }) => role === "assistant").length;
    return word === undefined ? undefined : turns[word]?.[steps];
  };
}
