import type { ItemInput } from "#server/items/item-input.ts";
import type { AssistantMessage, SessionInfo, Tokens } from "./canonical-items.ts";

/** The item that a session has of itself, as it is when a turn begins. */
export interface RecordedSession {
  info: SessionInfo;
  /** A person chose the title: the agent's does not replace it. */
  isTitleFixed: boolean;
}

interface SessionFacts {
  sessionId: string;
  title: string;
  createdAt: number;
  /** Tokens of the turns before. */
  tokens?: Tokens;
}

export const noTokens = (): Tokens => ({
  input: 0,
  output: 0,
  reasoning: 0,
  cache: { read: 0, write: 0 },
});

export function createSessionInfo(facts: SessionFacts): SessionInfo {
  return {
    id: facts.sessionId,
    slug: "",
    projectID: "",
    directory: "",
    title: facts.title,
    version: "",
    cost: 0,
    tokens: facts.tokens ?? noTokens(),
    metadata: { millrace: { recorded: true } },
    time: { created: facts.createdAt, updated: facts.createdAt },
  };
}

interface TurnCounts {
  message: Pick<AssistantMessage, "cost" | "tokens">;
  /** What the session has cost before the turn, US dollars. */
  costBefore: number;
  now: number;
}

/** `before` with what a turn has cost so far. */
export function withTurn(before: SessionInfo, { message, costBefore, now }: TurnCounts) {
  const { tokens } = message;
  const sum: Tokens = {
    input: before.tokens.input + tokens.input,
    output: before.tokens.output + tokens.output,
    reasoning: before.tokens.reasoning + tokens.reasoning,
    cache: {
      read: before.tokens.cache.read + tokens.cache.read,
      write: before.tokens.cache.write + tokens.cache.write,
    },
  };
  const time = { ...before.time, updated: now };
  return { ...before, cost: costBefore + message.cost, tokens: sum, time };
}

export function sessionItem(info: SessionInfo): ItemInput {
  return { type: "session", messageId: "", partId: "", body: JSON.stringify(info) };
}
