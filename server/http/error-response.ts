import { type ServerResponse, STATUS_CODES } from "node:http";
import { type AppError, type ErrorCode, type ErrorDetails, httpStatusByCode } from "#lib/errors.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import { findHttpAnswer } from "./http-error.ts";
import type { Log } from "#server/log.ts";
import { sendAnswer } from "./send-answer.ts";

interface Problem {
  code: ErrorCode;
  /** Safe to show to whoever asked. */
  message: string;
  /** The code's own when left out. */
  status?: number;
  details?: ErrorDetails;
  headers?: Record<string, string>;
}

/** Answers with problem details. */
export function sendProblem(
  response: ServerResponse,
  { code, message, status = httpStatusByCode[code], details, headers }: Problem,
): void {
  const content = describeProblem({ code, message, status, ...(details && { details }) });
  sendAnswer(response, {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
    content,
  });
}

/**
 * Problem details as RFC 9457 has them: the type `about:blank` wants the status phrase for a title (section 4.2.1), so
 * what is wrong this time is the `detail`. Details of the error become members beside these, and never one of them.
 */
export function describeProblem({
  code,
  message,
  status = httpStatusByCode[code],
  details,
}: Omit<Problem, "headers">): string {
  const title = STATUS_CODES[status] ?? "Unknown Status";
  return JSON.stringify({ ...details, type: "about:blank", title, status, detail: message, code });
}

/**
 * Answers with problem details; what is not ours is logged and shown as `internal`. A reader who leaves a download is
 * nobody's error.
 */
export function sendError(response: ServerResponse, error: unknown, log: Log): void {
  const safe = toSafeError(error);
  const { code, message, details } = safe;
  if (hasReaderLeft(response, error)) log.debug({ err: error }, "the reader left");
  else if (code === "internal") log.error({ err: error }, "request failed");
  // Too late for a status: a broken connection is the honest end of a half-sent answer.
  if (response.headersSent) return void response.destroy();
  const { status, headers } = findHttpAnswer(error) ?? { headers: challenge(safe) };
  sendProblem(response, { code, message, details, headers, ...(status && { status }) });
}

/** A source that breaks closes the answer too, but with its error. */
const hasReaderLeft = ({ closed, errored }: ServerResponse, error: unknown): boolean =>
  closed &&
  errored === null &&
  (error as NodeJS.ErrnoException | null)?.code === "ERR_STREAM_PREMATURE_CLOSE";

/** What an API token would have to be (RFC 6750, section 3); nothing where that is not what is wrong. */
function challenge({ code, details }: AppError): Record<string, string> {
  if (code === "unauthorized") {
    const reason = "token" in details ? ' error="invalid_token"' : "";
    return { "www-authenticate": `Bearer${reason}` };
  }
  if (code !== "forbidden" || !("scope" in details)) return {};
  const scope = String(details["scope"]);
  return { "www-authenticate": `Bearer error="insufficient_scope", scope="${scope}"` };
}
