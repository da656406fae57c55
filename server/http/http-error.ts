import { AppError, type ErrorDetails } from "#lib/errors.ts";

const KEY = Symbol.for("millrace.http-answer");

interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
}

/** `invalid_input` with a status of HTTP's own, such as 415, and the headers that belong to it. */
export function httpError(
  status: number,
  message: string,
  { headers = {}, details = {} }: { headers?: Record<string, string>; details?: ErrorDetails } = {},
): AppError {
  const answer: HttpAnswer = { status, headers };
  return Object.assign(new AppError("invalid_input", message, { details }), { [KEY]: answer });
}

/** The same error, answered with these headers too: its status and its other headers stay. */
export function withHeaders(error: unknown, headers: Record<string, string>): unknown {
  if (typeof error !== "object" || error === null) return error;
  const answer = findHttpAnswer(error);
  return Object.assign(error, {
    [KEY]: { ...answer, headers: { ...answer?.headers, ...headers } },
  });
}

/** What `httpError` and `withHeaders` said beyond code and message; null for every other error. */
export function findHttpAnswer(
  error: unknown,
): (Partial<HttpAnswer> & Pick<HttpAnswer, "headers">) | null {
  return (error as { [KEY]?: HttpAnswer } | null)?.[KEY] ?? null;
}
