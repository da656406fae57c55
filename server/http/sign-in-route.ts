import type { IncomingMessage, ServerResponse } from "node:http";
import { isLoginSecure, loginCookie } from "#server/accounts/login-cookie.ts";
import { redeemSignInLink } from "#server/accounts/sign-in.ts";
import type { Services } from "#server/services.ts";

/**
 * `GET /sign-in?token=…`: trades the one-time token for a cookie and goes to the landing page. A used or unknown one
 * goes to the same path without a token, whose page tells how to get another. False when there is no token.
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
    response.setHeader("set-cookie", loginCookie(login, { secure }));
  }
  response.writeHead(303, {
    location: login === null ? "/sign-in?expired=1" : "/",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
  });
  response.end();
  return true;
}
