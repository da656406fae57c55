import type { ServerResponse } from "node:http";
import { httpStatusByCode, toAppError } from "#lib/errors.ts";
import type { Log } from "#server/log.ts";

/** Answers with problem details (RFC 9457); what is not ours is logged and shown as `internal`. */
export function sendError(response: ServerResponse, error: unknown, log: Log): void {
  const { code, message, details } = toAppError(error);
  if (code === "internal") log.error({ err: error }, "request failed");
  if (response.headersSent) {
    // Too late for a status: a broken connection is the honest end of a half-sent answer.
    response.destroy();
    return;
  }
  const status = httpStatusByCode[code];
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", title: message, status, code, ...details }));
}
