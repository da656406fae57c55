import type { ErrorCode } from "#lib/errors.ts";
import { isRecord } from "#lib/is-record.ts";

export interface ShownError {
  code: ErrorCode | "offline";
  /** Safe to show. */
  message: string;
  /** Name of the input that it is about; null when it is about none. */
  field: string | null;
}

/** What to tell a person about a failed query or mutation. An answer that never came counts as `offline`. */
export function readError(error: unknown): ShownError {
  const data = isRecord(error) || error instanceof Error ? Reflect.get(error, "data") : undefined;
  if (!isRecord(data)) {
    return {
      code: "offline",
      field: null,
      message: "The server did not answer. Nothing was lost; try again.",
    };
  }
  const { appCode, details } = data;
  const field = isRecord(details) ? details["field"] : undefined;
  return {
    code: typeof appCode === "string" ? (appCode as ErrorCode) : "internal",
    message: error instanceof Error ? error.message : "Something went wrong on the server",
    field: typeof field === "string" ? field : null,
  };
}
