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

/** The token of a login from a `Cookie` header; null when there is none. */
export function readLoginCookie(header: string | undefined): string | null {
  for (const pair of header?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=", 2);
    if ((name === SECURE_NAME || name === PLAIN_NAME) && value) return value;
  }
  return null;
}
