import type { IncomingMessage, ServerResponse } from "node:http";
import { endedLoginCookie, isLoginSecure, readLoginCookie } from "#server/accounts/login-cookie.ts";
import { endLogin } from "#server/accounts/sign-in.ts";
import type { Services } from "#server/services.ts";

/**
 * `POST /sign-out`: ends the browser's login, whose open pages lose their connection within a second, and goes to the
 * page that tells how to sign in again. Safe to run again. Other sites were refused before. False for other requests.
 */
export async function handleSignOut(
  { database, environment }: Pick<Services, "database" | "environment">,
  { request, response, url }: { request: IncomingMessage; response: ServerResponse; url: URL },
): Promise<boolean> {
  if (url.pathname !== "/sign-out" || request.method !== "POST") return false;
  const secure = isLoginSecure(environment);
  const login = readLoginCookie(request.headers.cookie, { secure });
  if (login !== null) await endLogin(database, login);
  response.writeHead(303, {
    location: "/sign-in?signed-out=1",
    "set-cookie": endedLoginCookie({ secure }),
    "cache-control": "no-store",
  });
  response.end();
  return true;
}
