import type { z } from "zod";

const nouns: ReadonlyMap<string, string> = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "an object"],
  ["record", "an object"],
]);

/**
 * What is wrong with a part of a request, in words for people, where its schema has none of its own: the `error` of a
 * `safeParse`. Names nothing of what was sent but unknown members.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "This is missing";
      return `This is not ${nouns.get(issue.expected) ?? "what it should be"}`;
    case "unrecognized_keys":
      return `There is no field "${issue.keys.join('", "')}"`;
    case "too_small":
      return describeBound(issue.origin, issue.minimum, "least");
    case "too_big":
      return describeBound(issue.origin, issue.maximum, "most");
    case "invalid_value":
      return `This is not one of ${issue.values.map(String).join(", ")}`;
    default:
      return "This is malformed";
  }
}

function describeBound(origin: string, bound: number | bigint, side: "least" | "most"): string {
  const number = bound.toLocaleString("en");
  if (side === "least" && bound === 1 && origin !== "number") return "This is empty";
  if (origin === "string") return `This has not at ${side} ${number} characters`;
  if (origin === "array") return `This has not at ${side} ${number} entries`;
  return `This is not at ${side} ${number}`;
}
