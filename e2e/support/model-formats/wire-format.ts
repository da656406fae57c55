import type { ServerResponse } from "node:http";

const PIECE_CHARACTERS = 16;

/** What the model says in one step. Tools are named and called as the agent offers them. */
export interface ModelReply {
  text?: string;
  toolCalls?: ModelToolCall[];
  /** Answers with this HTTP status instead. */
  status?: number;
  /** Says nothing until the agent goes away. */
  hangs?: boolean;
}

export interface ModelToolCall {
  name: string;
  /** A text where the tool takes one as it is, as OpenAI's custom tools do. */
  arguments: Record<string, unknown> | string;
}

export interface Utterance {
  /** `tool`: what a tool answered. */
  role: "user" | "assistant" | "tool";
  text: string;
}

/** A request, whatever format it came in. */
export interface ModelRequest {
  model: string;
  isStreaming: boolean;
  toolNames: string[];
  /** The conversation so far; steps of the model in a row are one utterance. */
  utterances: Utterance[];
}

/** How one family of language models is spoken to. */
export interface WireFormat {
  takes(path: string): boolean;
  read(body: string, path: string): ModelRequest;
  send(response: ServerResponse, reply: ModelReply, request: ModelRequest): void;
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

let idCount = 0;

/** An id that nothing else has: agents put together what has the same one. */
export const nextId = (prefix: string) => `${prefix}_${(idCount += 1)}`;

export const numberCalls = ({ toolCalls = [] }: ModelReply) =>
  toolCalls.map((call) => ({ ...call, id: nextId("call") }));

export const argumentText = ({ arguments: value }: ModelToolCall): string =>
  typeof value === "string" ? value : JSON.stringify(value);

/** What a model sends piece by piece. */
export function* splitText(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += PIECE_CHARACTERS) {
    yield text.slice(start, start + PIECE_CHARACTERS);
  }
}

/** Puts what the model did in several messages of one step together. */
export function joinSteps(utterances: readonly Utterance[]): Utterance[] {
  const joined: Utterance[] = [];
  for (const utterance of utterances) {
    const last = joined.at(-1);
    if (last?.role === "assistant" && utterance.role === "assistant") last.text += utterance.text;
    else joined.push({ ...utterance });
  }
  return joined;
}

/** Any part of a message as text, whatever its format calls it. */
export const toText = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value ?? "");
