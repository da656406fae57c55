import type { RequestContent, RequestField } from "./agent-request.ts";

type Value = RequestContent[string];

/**
 * Why a value does not answer what a field asks for, in words for whoever filled it in; null where it does. Undefined is a
 * field that was left out. A `pattern` is not looked at: it is an agent's, and may never end.
 */
export function findMisfit(field: RequestField, value: Value | undefined): string | null {
  if (value === undefined) return field.isRequired ? "The agent needs an answer to this" : null;
  switch (field.type) {
    case "text":
      return typeof value === "string" ? findTextMisfit(field, value) : "This is not a text";
    case "number":
      return Number.isFinite(value)
        ? findBoundMisfit(field, value as number)
        : "This is not a number";
    case "integer":
      return Number.isSafeInteger(value)
        ? findBoundMisfit(field, value as number)
        : "This is not a whole number";
    case "boolean":
      return typeof value === "boolean" ? null : "This is not yes or no";
    case "choice":
      return typeof value === "string" && isOffered(field, value) ? null : NOT_OFFERED;
    case "choices":
      return Array.isArray(value) ? findChoicesMisfit(field, value) : NOT_OFFERED;
  }
}

const NOT_OFFERED = "The agent does not offer this";

const isOffered = ({ options }: RequestField, choice: string) =>
  options.some((option) => option.value === choice);

function findBoundMisfit({ minimum, maximum }: RequestField, value: number): string | null {
  if (minimum !== undefined && value < minimum) return `This is less than ${minimum}`;
  if (maximum !== undefined && value > maximum) return `This is more than ${maximum}`;
  return null;
}

function findTextMisfit(field: RequestField, text: string): string | null {
  const { minLength = 0, maxLength = Infinity, format } = field;
  const length = Array.from(text).length;
  if (length < minLength) return `This is shorter than ${count(minLength, "character")}`;
  if (length > maxLength) return `This is longer than ${count(maxLength, "character")}`;
  return format === undefined || formats[format].isSo(text) ? null : formats[format].misfit;
}

function findChoicesMisfit(field: RequestField, chosen: string[]): string | null {
  const { minItems = 0, maxItems = Infinity } = field;
  if (!chosen.every((choice) => isOffered(field, choice))) return NOT_OFFERED;
  if (new Set(chosen).size < chosen.length) return "Something is chosen twice";
  if (chosen.length < minItems) return `Choose at least ${minItems}`;
  if (chosen.length > maxItems) return `Choose at most ${maxItems}`;
  return null;
}

const count = (number: number, noun: string) =>
  `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

interface Format {
  isSo: (text: string) => boolean;
  misfit: string;
}

const isDate = (text: string) => {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
};

const formats: Record<NonNullable<RequestField["format"]>, Format> = {
  email: {
    isSo: (text) => /^[^\s@]+@[^\s@]+$/.test(text),
    misfit: "This is not an e-mail address",
  },
  uri: { isSo: (text) => URL.canParse(text), misfit: "This is not an address such as https://…" },
  date: { isSo: isDate, misfit: "This is not a date such as 2026-01-31" },
  "date-time": {
    isSo: (text) =>
      isDate(text.slice(0, 10)) &&
      /^.{10}[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) &&
      !Number.isNaN(Date.parse(text)),
    misfit: "This is not a time such as 2026-01-31T12:00:00Z",
  },
};

/** What a field wants to be, for a hint below it; null where anything will do. A pattern is said as the agent wrote it. */
export function describeWanted(field: RequestField): string | null {
  const { type, format, pattern } = field;
  const wanted: (string | null)[] = [
    type === "integer" ? "A whole number" : type === "number" ? "A number" : null,
    format === undefined ? null : wantedFormats[format],
    describeRange(field.minimum, field.maximum),
    describeRange(field.minLength || undefined, field.maxLength, "characters"),
    describeRange(field.minItems || undefined, field.maxItems, "of these"),
    pattern === undefined ? null : `like ${pattern}`,
  ];
  const words = wanted.filter((each) => each !== null).join(", ");
  return words === "" ? null : words.charAt(0).toUpperCase() + words.slice(1);
}

const wantedFormats: Record<NonNullable<RequestField["format"]>, string> = {
  email: "an e-mail address",
  uri: "an address such as https://…",
  date: "a date such as 2026-01-31",
  "date-time": "a time such as 2026-01-31T12:00:00Z",
};

function describeRange(least?: number, most?: number, noun = ""): string | null {
  const words = (text: string) => `${text} ${noun}`.trim();
  if (least !== undefined && most !== undefined)
    return words(least === most ? `exactly ${least}` : `${least} to ${most}`);
  if (least !== undefined) return words(`at least ${least}`);
  return most === undefined ? null : words(`at most ${most}`);
}
