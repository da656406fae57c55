const NAME = "millrace_return";
const MAX_AGE_S = 3_600;
/** Browsers keep cookies of 4096 bytes with name and attributes (RFC 6265bis, section 5.7). */
const VALUE_MAX_LENGTH = 3_900;
/** Any: only what comes after it counts. */
const ORIGIN = "http://localhost";

/** Neither pages that somebody was on their way to, nor a reason to be sent anywhere. */
const NO_PLACE = /^\/(?:$|\/|(?:api|sign-in|sign-out)(?:[/?#]|$))/;

/**
 * The `Set-Cookie` that remembers for an hour what to go back to after signing in; null for what is not gone back to
 * and what is too long for a cookie. Pages set it themselves: it is no secret, and only signing in reads it.
 */
export function returnCookie(path: string): string | null {
  const safe = parseReturnPath(path);
  const value = safe === null ? "" : encodeURIComponent(safe);
  if (value === "" || value.length > VALUE_MAX_LENGTH) return null;
  return `${NAME}=${value}; Path=/sign-in; SameSite=Lax; Max-Age=${MAX_AGE_S}`;
}

/** Makes a browser forget what `returnCookie` remembers. */
export const endedReturnCookie = `${NAME}=; Path=/sign-in; SameSite=Lax; Max-Age=0`;

/** What a `Cookie` header says to go back to: a path of this server and nothing else, whoever wrote it; else null. */
export function readReturnCookie(header: string | undefined): string | null {
  for (const pair of header?.split(";") ?? []) {
    const [name, value = ""] = pair.trim().split("=", 2);
    if (name === NAME) return parseReturnPath(decode(value));
  }
  return null;
}

/** As a browser would read it: `//…`, `/\…` and what becomes one of them lead to other hosts. */
function parseReturnPath(path: string): string | null {
  if (!/^\/(?![/\\])/.test(path) || !URL.canParse(path, ORIGIN)) return null;
  const { origin, pathname, search, hash } = new URL(path, ORIGIN);
  const normal = pathname + search + hash;
  return origin !== ORIGIN || NO_PLACE.test(normal) ? null : normal;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Not ours, and no path either.
    return "";
  }
}
