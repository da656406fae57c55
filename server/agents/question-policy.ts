import type { RequestContent } from "#lib/agent-request.ts";
import { isRecord } from "#lib/is-record.ts";
import type { DecisionOptions } from "./permission-policy.ts";

/** A form that an agent asks to have filled in (`elicitation/create`). */
export interface QuestionRequest {
  sessionId: string;
  /** The call that asks; null where the agent does not say. */
  toolCallId: string | null;
  message: string;
  /** A JSON Schema of flat members, as the agent gave it. */
  schema: Record<string, unknown>;
}

export type QuestionOutcome =
  | { action: "accept"; content: RequestContent }
  | { action: "decline" }
  | { action: "cancel" };

/** Answers an agent that asks a question. A rejection counts as `cancel`. */
export type QuestionPolicy = (
  request: QuestionRequest,
  options: DecisionOptions,
) => QuestionOutcome | Promise<QuestionOutcome>;

/** For agents that nobody sits in front of. */
export const declineQuestions: QuestionPolicy = () => ({ action: "decline" });

/** Lenient as `readPermissionRequest`; null for a kind of question that was not offered, such as a visit to a page. */
export function readQuestionRequest(params: unknown): QuestionRequest | null {
  const request = isRecord(params) ? params : {};
  const { sessionId, message, mode = "form", requestedSchema, toolCallId } = request;
  if (typeof sessionId !== "string" || mode !== "form") return null;
  return {
    sessionId,
    toolCallId: typeof toolCallId === "string" ? toolCallId : null,
    message: typeof message === "string" ? message : "",
    schema: isRecord(requestedSchema) ? requestedSchema : {},
  };
}
