import type { AgentUpdate } from "#server/agents/agent-update.ts";

/** A piece of the agent's answer. */
export const say = (text: string, extra: Record<string, unknown> = {}): AgentUpdate => ({
  sessionUpdate: "agent_message_chunk",
  content: { type: "text", text },
  ...extra,
});

/** News of one tool call, which is the same call unless `toolCallId` says otherwise. */
export const tool = (update: Record<string, unknown>): AgentUpdate => ({
  sessionUpdate: "tool_call_update",
  toolCallId: "call-1",
  ...update,
});

/** A tool's content that is all text. */
export const output = (text: string) => [{ type: "content", content: { type: "text", text } }];
