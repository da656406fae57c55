import type { RequestContent, RequestField } from "#lib/agent-request.ts";
import { findMisfit } from "#lib/find-misfit.ts";
import { getOwn } from "#lib/get-own.ts";

/** What a person has filled in so far, by the names of the fields; text of numbers as it was typed. */
export type QuestionDraft = Readonly<Record<string, string | boolean | readonly string[]>>;

/** What is missing or wrong, by the names of the fields. */
export type QuestionProblems = Readonly<Record<string, string>>;

export interface ReadDraft {
  /** The answer to send; fields that were left empty are left out. */
  content: RequestContent;
  problems: QuestionProblems;
}

/** What the agent has filled in itself. */
export function startDraft(fields: readonly RequestField[]): QuestionDraft {
  const filled = fields.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [[name, typeof value === "number" ? String(value) : value] as const],
  );
  return Object.fromEntries(filled);
}

export function readDraft(fields: readonly RequestField[], draft: QuestionDraft): ReadDraft {
  const values = fields.map((field) => ({
    field,
    value: readValue(field, getOwn(draft, field.name)),
  }));
  const content = values.flatMap(({ field, value }) =>
    value === undefined ? [] : [[field.name, value] as const],
  );
  const problems = values.flatMap(({ field, value }) => {
    const misfit = findMisfit(field, value);
    return misfit === null ? [] : [[field.name, misfit] as const];
  });
  return { content: Object.fromEntries(content), problems: Object.fromEntries(problems) };
}

const ANSWER = "answer.";

/** What the server has found, where it names a field; by its name. */
export function readRefusal(
  { field, message }: { field: string | null; message: string },
  fields: readonly RequestField[],
): QuestionProblems {
  const name = field?.startsWith(ANSWER) ? field.slice(ANSWER.length) : null;
  const isAsked = fields.some((each) => each.name === name);
  return name !== null && isAsked ? { [name]: message } : {};
}

function readValue(
  { type }: RequestField,
  value: QuestionDraft[string] | undefined,
): RequestContent[string] | undefined {
  // A box that nobody ticked says no.
  if (type === "boolean") return value === true;
  if (value === undefined || value === "") return undefined;
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return value.length === 0 ? undefined : [...value];
  if (type !== "number" && type !== "integer") return value;
  return value.trim() === "" ? undefined : Number(value);
}
