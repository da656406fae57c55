import type { RequestField } from "#lib/agent-request.ts";
import { isRecord } from "#lib/is-record.ts";
import {
  REQUEST_OPTIONS_MAX,
  REQUEST_SUMMARY_MAX_CHARACTERS,
  REQUEST_TITLE_MAX_CHARACTERS,
} from "#lib/limits.ts";
import type { QuestionRequest } from "#server/agents/question-policy.ts";
import { toShortText } from "./short-text.ts";
import type { RequestDraft } from "./describe-permission.ts";

const NAME_MAX_CHARACTERS = 256;
const CHOICES_MAX = 5 * REQUEST_OPTIONS_MAX;

/**
 * A form that an agent wants filled in; members of a type that nobody knows are asked for as text. Null for a form that
 * nobody could fill in: something required is too much, or cannot be asked for.
 */
export function describeQuestion({
  message,
  schema,
  toolCallId,
}: QuestionRequest): RequestDraft | null {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = new Set<unknown>(Array.isArray(schema["required"]) ? schema["required"] : []);
  const fields = readFields(properties, required);
  const asked = new Set<unknown>(fields.map(({ name }) => name));
  if ([...required].some((name) => !asked.has(name))) return null;
  return {
    kind: "question",
    toolCallId: toShortText(toolCallId, NAME_MAX_CHARACTERS),
    toolKind: null,
    title: toShortText(message, REQUEST_SUMMARY_MAX_CHARACTERS) ?? "The agent has a question",
    summary: toShortText(schema["description"], REQUEST_SUMMARY_MAX_CHARACTERS),
    options: [],
    fields,
    ruleKey: null,
  };
}

function readFields(
  properties: Record<string, unknown>,
  required: ReadonlySet<unknown>,
): RequestField[] {
  const fields: RequestField[] = [];
  for (const name of Object.keys(properties)) {
    if (fields.length === REQUEST_OPTIONS_MAX) break;
    fields.push(...readField(name, properties[name], required.has(name)));
  }
  return fields;
}

/** A name that a row cannot hold could not be answered under, nor can a list of what is not told. */
function readField(name: string, property: unknown, isRequired: boolean): RequestField[] {
  if (!isRecord(property) || toShortText(name, NAME_MAX_CHARACTERS) !== name) return [];
  const { type, oneOf, items } = property;
  const members = isRecord(items) ? items : {};
  const single = readChoices(oneOf ?? property["enum"]);
  const several = readChoices(members["anyOf"] ?? members["oneOf"] ?? members["enum"]);
  const options = type === "array" ? several : single;
  if (type === "array" && options.length === 0) return [];
  return [
    {
      name,
      title: toShortText(property["title"], REQUEST_TITLE_MAX_CHARACTERS),
      description: toShortText(property["description"], REQUEST_SUMMARY_MAX_CHARACTERS),
      type: fieldType(type, options.length > 0),
      options,
      isRequired,
    },
  ];
}

function fieldType(type: unknown, hasChoices: boolean): RequestField["type"] {
  if (type === "array") return "choices";
  if (hasChoices) return "choice";
  return type === "number" || type === "integer" || type === "boolean" ? type : "text";
}

/** Plain values, or values with a title. */
function readChoices(choices: unknown): RequestField["options"] {
  if (!Array.isArray(choices)) return [];
  return choices
    .flatMap((choice: unknown) => {
      const given = isRecord(choice) ? choice["const"] : choice;
      const value = toShortText(given, REQUEST_SUMMARY_MAX_CHARACTERS);
      if (value === null || value !== given) return [];
      const title = isRecord(choice)
        ? toShortText(choice["title"], REQUEST_SUMMARY_MAX_CHARACTERS)
        : null;
      return [{ value, title: title ?? value }];
    })
    .slice(0, CHOICES_MAX);
}
