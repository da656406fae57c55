/** What went wrong, in one word; how it is answered over HTTP is in `httpStatusByCode`. */
export const httpStatusByCode = {
  invalid_input: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof httpStatusByCode;

/** Ids, numbers, ranges of numbers and names of fields that may be shown to the caller. */
export type ErrorDetails = Record<
  string,
  string | number | boolean | null | readonly (readonly [from: number, to: number])[]
>;

interface AppErrorOptions {
  details?: ErrorDetails;
  cause?: unknown;
}

const BRAND = Symbol.for("millrace.AppError");

/**
 * An error whose message is safe to show to whoever asked. Raw causes may hold tokens: they go to the log only.
 * Recognise it with `isAppError`: the server bundle and Next's bundle each have their own copy of this class.
 */
export class AppError extends Error {
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, { details = {}, cause }: AppErrorOptions = {}) {
    super(message, { cause });
    this.name = "AppError";
    this.code = code;
    this.details = details;
  }
}

export function isAppError(error: unknown): error is AppError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** The error itself when it is ours, else `internal` with a message that gives nothing away. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  return new AppError("internal", "Something went wrong on the server", { cause: error });
}
