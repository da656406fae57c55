import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "#lib/errors.ts";
import { findCaller } from "#server/accounts/find-caller.ts";
import { requireScopeFor, type SessionAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { readBody } from "./read-body.ts";
import { sendAnswer } from "./send-answer.ts";

/**
 * Whoever asks for something below `/api/v1`; throws `unauthorized` for nobody, and `forbidden` for a token that may
 * never do `action`. Whether they may do it to what they name is asked later.
 */
export async function requireCaller(
  services: Pick<Services, "database" | "log" | "environment">,
  { headers }: IncomingMessage,
  action?: SessionAction,
): Promise<Viewer> {
  const viewer = await findCaller(services, headers);
  if (!viewer) throw new AppError("unauthorized", "Sign in, or send an API token");
  if (action) requireScopeFor(viewer, action);
  return viewer;
}

/** The JSON of a request's body, an empty one being `{}`; throws `invalid_input`, `too_large`. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const body = await readBody(request, maxBytes);
  if (body.byteLength === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new AppError("invalid_input", "The request is not JSON", { cause });
  }
}

export function sendJson(response: ServerResponse, status: number, content: unknown): void {
  const headers = { "content-type": "application/json" };
  sendAnswer(response, { status, headers, content: JSON.stringify(content) });
}

/** The parameters of a request's address. */
export const queryOf = ({ url = "" }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(new URL(url, "http://localhost").searchParams);
