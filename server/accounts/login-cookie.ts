import type { Environment } from "#server/env.ts";

const LOGIN_DAYS = 30;
export const LOGIN_MAX_AGE_S = LOGIN_DAYS * 86_400;

const PLAIN_NAME = "millrace_login";
const SECURE_NAME = `__Host-${PLAIN_NAME}`;

/**
 * The `Set-Cookie` of a login. Over https it carries the `__Host-` prefix (RFC 6265bis, section 4.1.3.2); browsers
 * refuse that prefix without `Secure`, so plain http on loopback gets the same attributes without it.
 */
export function loginCookie(token: string, { secure }: { secure: boolean }): string {
  const attributes = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${LOGIN_MAX_AGE_S}`;
  return secure
    ? `${SECURE_NAME}=${token}; Secure; ${attributes}`
    : `${PLAIN_NAME}=${token}; ${attributes}`;
}

/** The `Set-Cookie` that makes a browser forget its login. */
export function endedLoginCookie({ secure }: { secure: boolean }): string {
  return loginCookie("", { secure }).replace(`Max-Age=${LOGIN_MAX_AGE_S}`, "Max-Age=0");
}

/** Whether browsers reach this server over https only. */
export const isLoginSecure = ({ PUBLIC_URL }: Pick<Environment, "PUBLIC_URL">): boolean =>
  PUBLIC_URL !== undefined && new URL(PUBLIC_URL).protocol === "https:";

/**
 * The token of a login from a `Cookie` header; null when there is none. Over https the plain name does not count: any
 * subdomain of a parent domain may set that one here, and with it sign a browser in as somebody else.
 */
export function readLoginCookie(
  header: string | undefined,
  { secure }: { secure: boolean },
): string | null {
  const loginName = secure ? SECURE_NAME : PLAIN_NAME;
  for (const pair of header?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === loginName && value) return value;
  }
  return null;
}
