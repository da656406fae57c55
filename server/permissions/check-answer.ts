import type { AgentRequestAnswer, RequestContent, RequestField } from "#lib/agent-request.ts";
import { AppError } from "#lib/errors.ts";
import type { RequestDraft } from "./describe-permission.ts";

/** Throws `invalid_input`, with the name of the field, for an answer that does not fit what was asked. */
export function checkAnswer(
  request: Pick<RequestDraft, "kind" | "options" | "fields">,
  answer: AgentRequestAnswer,
): void {
  if ("optionId" in answer) {
    const isOffered = request.options.some(({ optionId }) => optionId === answer.optionId);
    if (isOffered) return;
    throw new AppError("invalid_input", "The agent does not offer this answer", {
      details: { field: "answer.optionId" },
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
    const value = content[field.name];
    if (value === undefined) {
      if (field.isRequired) refuse(field.name, "The agent needs an answer to this");
    } else if (!fits(field, value)) refuse(field.name, "This is not an answer to what was asked");
  }
}

function fits({ type, options }: RequestField, value: RequestContent[string]): boolean {
  const isOffered = (choice: string) => options.some((option) => option.value === choice);
  switch (type) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && isOffered(value);
    case "choices":
      return Array.isArray(value) && value.every(isOffered);
  }
}

function refuse(name: string, message: string): never {
  throw new AppError("invalid_input", message, { details: { field: `answer.content.${name}` } });
}
