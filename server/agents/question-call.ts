import { type AgentUpdate, PERMISSION_REQUEST } from "./agent-update.ts";
import type { QuestionOutcome, QuestionRequest } from "./question-policy.ts";

/** A question as the call of a tool: then it stands in the transcript, and shows that the agent is at work. */
export function questionCall({ message }: QuestionRequest, toolCallId: string): AgentUpdate {
  return {
    sessionUpdate: PERMISSION_REQUEST,
    toolCallId,
    name: "question",
    title: message || "Question",
    kind: "other",
    status: "in_progress",
    rawInput: { question: message },
  };
}

/** What became of it. */
export function questionResult(outcome: QuestionOutcome, toolCallId: string): AgentUpdate {
  const rawOutput =
    outcome.action === "accept" ? outcome.content : { declined: "Nobody wanted to answer" };
  return { sessionUpdate: "tool_call_update", toolCallId, status: "completed", rawOutput };
}
