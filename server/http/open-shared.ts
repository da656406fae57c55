import { AppError, isAppError } from "#lib/errors.ts";
import type { Services } from "#server/services.ts";
import { getShare, shareNotFound } from "#server/shares/open-share.ts";
import type { Exchange } from "./api-route.ts";
import { setShareHeaders } from "./security-headers.ts";

/** Errors name the session that they are about, which is nobody's business here. */
export function withoutSession(error: unknown): never {
  if (!isAppError(error) || error.details["sessionId"] === undefined) throw error;
  if (error.code === "gone") throw shareNotFound();
  throw new AppError(error.code, error.message, { cause: error });
}

/** The share of a request; the answer is nobody's to keep. Throws the one `not_found` for all that does not open. */
export function openFor(services: Services, { request, response }: Exchange, token: string) {
  setShareHeaders(response);
  return getShare(services.database, { token, cookieHeader: request.headers.cookie });
}
