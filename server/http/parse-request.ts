import type { z } from "zod";
import { describeIssue } from "#lib/describe-issue.ts";
import { AppError } from "#lib/errors.ts";

/** What `schema` makes of a part of a request; throws `invalid_input` with the field's name and what it wants. */
export function parseRequest<Value>(schema: z.ZodType<Value>, part: unknown): Value {
  const result = schema.safeParse(part, { error: describeIssue });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new AppError("invalid_input", issue?.message ?? "The request is malformed", {
    details: { field: issue?.path.join(".") ?? "" },
  });
}
