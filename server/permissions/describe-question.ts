import type { RequestField } from "#lib/agent-request.ts";
import { isRecord } from "#lib/is-record.ts";
import {
  REQUEST_OPTIONS_MAX,
  REQUEST_SUMMARY_MAX_CHARACTERS,
  REQUEST_TITLE_MAX_CHARACTERS,
} from "#lib/limits.ts";
import type { QuestionRequest } from "#server/agents/question-policy.ts";
import type { RequestDraft } from "./describe-permission.ts";
import { readBounds, readDefault } from "./read-bounds.ts";
import { toShortText } from "./short-text.ts";

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

/** A name that a row or a request cannot hold could not be answered under, nor can a list of what is not told. */
function readField(name: string, property: unknown, isRequired: boolean): RequestField[] {
  if (!isRecord(property) || toShortText(name, NAME_MAX_CHARACTERS) !== name) return [];
  if (name === "__proto__") return [];
  const { type, items } = property;
  const options = type === "array" ? readSeveral(items) : readSingle(property);
  if (type === "array" && options.length === 0) return [];
  const field: RequestField = {
    name,
    title: toShortText(property["title"], REQUEST_TITLE_MAX_CHARACTERS),
    description: toShortText(property["description"], REQUEST_SUMMARY_MAX_CHARACTERS),
    type: fieldType(type, options.length > 0),
    options,
    isRequired,
  };
  const bounded = { ...field, ...readBounds(field, property) };
  return [{ ...bounded, ...readDefault(bounded, property["default"]) }];
}

const readSingle = (schema: Record<string, unknown>) =>
  readChoices(schema["oneOf"] ?? schema["enum"], schema["enumNames"]);

function readSeveral(items: unknown): RequestField["options"] {
  if (!isRecord(items)) return [];
  return items["anyOf"] === undefined ? readSingle(items) : readChoices(items["anyOf"]);
}

function fieldType(type: unknown, hasChoices: boolean): RequestField["type"] {
  if (type === "array") return "choices";
  if (hasChoices) return "choice";
  return type === "number" || type === "integer" || type === "boolean" ? type : "text";
}

/** Plain values, which may have titles in a list beside them, or values with a title each. */
function readChoices(choices: unknown, names?: unknown): RequestField["options"] {
  if (!Array.isArray(choices)) return [];
  const titles: unknown[] = Array.isArray(names) ? names : [];
  return choices
    .flatMap((choice: unknown, index) => {
      const given = isRecord(choice) ? choice["const"] : choice;
      const value = toShortText(given, REQUEST_SUMMARY_MAX_CHARACTERS);
      if (value === null || value !== given) return [];
      const title = isRecord(choice) ? choice["title"] : titles[index];
      return [{ value, title: toShortText(title, REQUEST_SUMMARY_MAX_CHARACTERS) ?? value }];
    })
    .slice(0, CHOICES_MAX);
}
