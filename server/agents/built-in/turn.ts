import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type {
  AgentContext,
  PlanEntry,
  SessionUpdate,
  ToolCallContent,
  ToolKind,
} from "@agentclientprotocol/sdk";

const CHUNK_CHARACTERS = 24;

export interface ToolOptions {
  title: string;
  kind: ToolKind;
  input: Record<string, unknown>;
  /** Absolute paths that the call is about. */
  paths?: string[];
}

export interface ToolResult<T> {
  value: T;
  output: string;
  diff?: { path: string; oldText: string | null; newText: string };
}

/** What a tour does in a turn; every call rejects with the signal's reason once the turn is cancelled. */
export interface Turn {
  /** Absolute path of the workspace. */
  cwd: string;
  signal: AbortSignal;
  /** Streams markdown in small pieces. */
  say(markdown: string): Promise<void>;
  plan(entries: PlanEntry[]): Promise<void>;
  /** Shows a tool call from pending to its end around `run`. Null when it failed, which is shown too. */
  tool<T>(options: ToolOptions, run: () => Promise<ToolResult<T>>): Promise<T | null>;
  /** An update in the agent's own words. */
  send(update: SessionUpdate): Promise<void>;
  /** Asks whoever runs the agent, and waits for the answer. */
  ask(
    method: "session/request_permission" | "elicitation/create",
    params: object,
  ): Promise<unknown>;
}

interface CreateTurnOptions {
  client: AgentContext;
  sessionId: string;
  cwd: string;
  signal: AbortSignal;
  /** Between two pieces of text, so that reading along is pleasant. */
  chunkDelayMs: number;
}

export function createTurn({
  client,
  sessionId,
  cwd,
  signal,
  chunkDelayMs,
}: CreateTurnOptions): Turn {
  const send = (update: SessionUpdate) => {
    signal.throwIfAborted();
    return client.notify("session/update", { sessionId, update });
  };

  async function say(markdown: string): Promise<void> {
    for (const text of splitWords(markdown)) {
      await send({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
      if (chunkDelayMs > 0) await delay(chunkDelayMs, undefined, { signal });
    }
  }

  async function tool<T>(
    options: ToolOptions,
    run: () => Promise<ToolResult<T>>,
  ): Promise<T | null> {
    const toolCallId = randomUUID();
    const { title, kind, input, paths = [] } = options;
    const locations = paths.map((path) => ({ path }));
    await send({
      sessionUpdate: "tool_call",
      toolCallId,
      title,
      kind,
      status: "pending",
      rawInput: input,
      locations,
    });
    await send({ sessionUpdate: "tool_call_update", toolCallId, status: "in_progress" });
    try {
      const { value, output, diff } = await run();
      const content = [textContent(output), ...(diff ? [{ type: "diff" as const, ...diff }] : [])];
      await send({ sessionUpdate: "tool_call_update", toolCallId, status: "completed", content });
      return value;
    } catch (error) {
      // A cancelled turn ends its open calls on the other side.
      signal.throwIfAborted();
      const content = [textContent(error instanceof Error ? error.message : String(error))];
      await send({ sessionUpdate: "tool_call_update", toolCallId, status: "failed", content });
      return null;
    }
  }

  return {
    cwd,
    signal,
    say,
    tool,
    send,
    async ask(method, params) {
      signal.throwIfAborted();
      const answer: unknown = await client.request(method, { sessionId, ...params } as never);
      signal.throwIfAborted();
      return answer;
    },
    plan: (entries) => send({ sessionUpdate: "plan", entries }),
  };
}

const textContent = (text: string): ToolCallContent => ({
  type: "content",
  content: { type: "text", text },
});

/** Pieces of about 24 characters that end after a space or newline, as a model would stream them. */
function* splitWords(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const space = text.slice(start + CHUNK_CHARACTERS).search(/\s/);
    const end = space === -1 ? text.length : start + CHUNK_CHARACTERS + space + 1;
    yield text.slice(start, end);
    start = end;
  }
}
