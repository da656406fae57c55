import type { IncomingMessage, ServerResponse } from "node:http";
import { endedReturnCookie, readReturnCookie } from "#lib/return-path.ts";
import { isLoginSecure, loginCookie } from "#server/accounts/login-cookie.ts";
import { redeemSignInLink } from "#server/accounts/sign-in.ts";
import type { Services } from "#server/services.ts";

/**
 * `GET /sign-in?token=…`: trades the one-time token for a cookie and goes back to the page that was asked for without
 * one, else to the landing page. A used or unknown token goes to the same path without it, whose page tells how to get
 * another. False when there is no token.
 */
export async function handleSignIn(
  { database, environment }: Pick<Services, "database" | "environment">,
  { request, response, url }: { request: IncomingMessage; response: ServerResponse; url: URL },
): Promise<boolean> {
  const token = url.searchParams.get("token");
  if (url.pathname !== "/sign-in" || request.method !== "GET" || token === null) return false;
  const login = await redeemSignInLink(database, token);
  if (login !== null) {
    const secure = isLoginSecure(environment);
    response.setHeader("set-cookie", [loginCookie(login, { secure }), endedReturnCookie]);
  }
  const wanted = readReturnCookie(request.headers.cookie) ?? "/";
  response.writeHead(303, {
    location: login === null ? "/sign-in?expired=1" : wanted,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
  });
  response.end();
  return true;
}
