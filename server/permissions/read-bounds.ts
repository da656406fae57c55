import { type RequestField, textFormats } from "#lib/agent-request.ts";
import { findMisfit } from "#lib/find-misfit.ts";
import { ANSWER_MAX_CHARACTERS } from "#lib/limits.ts";
import { isStorable } from "#server/sessions/new-session.ts";
import { isPattern } from "./fits-pattern.ts";

type Schema = Readonly<Record<string, unknown>>;
type Bounds = Partial<RequestField>;

/** What an agent wants an answer to be, as far as it can be kept to: bounds that exclude each other are none. */
export function readBounds({ type, options }: RequestField, schema: Schema): Bounds {
  switch (type) {
    case "number":
    case "integer":
      return readRange(schema, ["minimum", "maximum"], Number.isFinite);
    case "text":
      return {
        ...readRange(schema, ["minLength", "maxLength"], isCountUpTo(ANSWER_MAX_CHARACTERS)),
        ...readFormat(schema),
      };
    case "choices":
      return readRange(schema, ["minItems", "maxItems"], isCountUpTo(options.length));
    default:
      return {};
  }
}

const isCountUpTo = (most: number) => (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;

type Bound = "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems";

function readRange(
  schema: Schema,
  [least, most]: readonly [Bound, Bound],
  isBound: (value: unknown) => boolean,
): Bounds {
  const given = [least, most].filter((name) => isBound(schema[name]));
  const bounds: Bounds = Object.fromEntries(given.map((name) => [name, schema[name]]));
  return (bounds[least] ?? -Infinity) > (bounds[most] ?? Infinity) ? {} : bounds;
}

function readFormat({ pattern, format }: Schema): Bounds {
  const known = textFormats.find((each) => each === format);
  return { ...(isPattern(pattern) && { pattern }), ...(known && { format: known }) };
}

/** What an agent has filled in, where it would be an answer. */
export function readDefault(field: RequestField, given: unknown): Bounds {
  if (given === undefined || given === null || !isKept(given)) return {};
  // Whatever it is: what it is not is found out.
  const value = given as NonNullable<RequestField["default"]>;
  return findMisfit(field, value) === null ? { default: value } : {};
}

/** Whether a row can hold it and a person could have written it. */
const isKept = (given: unknown) =>
  [given]
    .flat()
    .every(
      (each: unknown) =>
        typeof each !== "string" || (isStorable(each) && each.length <= ANSWER_MAX_CHARACTERS),
    );
