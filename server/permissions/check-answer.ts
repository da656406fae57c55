import type { AgentRequestAnswer, RequestContent, RequestField } from "#lib/agent-request.ts";
import { AppError } from "#lib/errors.ts";
import { findMisfit } from "#lib/find-misfit.ts";
import { getOwn } from "#lib/get-own.ts";
import type { RequestDraft } from "./describe-permission.ts";
import { fitsPattern } from "./fits-pattern.ts";

/** Throws `invalid_input`, with the name of the field, for an answer that does not fit what was asked. */
export function checkAnswer(
  request: Pick<RequestDraft, "kind" | "options" | "fields">,
  answer: AgentRequestAnswer,
): void {
  if ("optionId" in answer) {
    const isOffered = request.options.some(({ optionId }) => optionId === answer.optionId);
    if (isOffered) return;
    throw new AppError("invalid_input", "The agent does not offer this answer", {
      details: { field: "option" },
    });
  }
  if (request.kind !== "question") {
    throw new AppError("invalid_input", "Choose one of the answers that the agent offers", {
      details: { field: "answer" },
    });
  }
  if (answer.content !== null) checkContent(request.fields, answer.content);
}

function checkContent(fields: readonly RequestField[], content: RequestContent): void {
  const unknown = Object.keys(content).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) refuse(unknown, "The agent did not ask for this");
  for (const field of fields) {
    const value = getOwn(content, field.name);
    const misfit = findMisfit(field, value) ?? findPatternMisfit(field, value);
    if (misfit !== null) refuse(field.name, misfit);
  }
}

function findPatternMisfit({ pattern }: RequestField, value: RequestContent[string] | undefined) {
  if (pattern === undefined || typeof value !== "string" || fitsPattern(pattern, value))
    return null;
  return `This does not look like ${pattern}`;
}

function refuse(name: string, message: string): never {
  throw new AppError("invalid_input", message, { details: { field: `answer.${name}` } });
}
