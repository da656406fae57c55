import type { RequestContent, RequestField } from "#lib/agent-request.ts";

/** What a person has filled in so far, by the names of the fields; text of numbers as it was typed. */
export type QuestionDraft = Readonly<Record<string, string | boolean | readonly string[]>>;

export type ReadDraft =
  | { content: RequestContent; problem: null }
  /** What is missing or wrong, of the first such field. */
  | { content: null; problem: string };

/** The answer to send; fields that were left empty are left out. */
export function readDraft(fields: readonly RequestField[], draft: QuestionDraft): ReadDraft {
  const content: RequestContent = {};
  for (const field of fields) {
    const value = readValue(field, draft[field.name]);
    if (value === undefined) {
      if (field.isRequired) return refuse(field, "is needed");
    } else if (typeof value === "number" && !isNumber(field, value))
      return refuse(field, field.type === "integer" ? "is a whole number" : "is a number");
    else content[field.name] = value;
  }
  return { content, problem: null };
}

const refuse = ({ title, name }: RequestField, what: string): ReadDraft => ({
  content: null,
  problem: `“${title ?? name}” ${what}.`,
});

const isNumber = ({ type }: RequestField, value: number) =>
  type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);

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
