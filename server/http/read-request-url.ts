import type { IncomingMessage } from "node:http";

/**
 * Path and query of a request, under a host that means nothing. Null for every target that is no plain path: `*`, a
 * whole address as proxies get it, and `//…` or `/\…`, which a browser would take for another host. Never throws.
 */
export function readRequestUrl({ url = "" }: Pick<IncomingMessage, "url">): URL | null {
  if (!/^\/(?![/\\])/.test(url)) return null;
  const address = `http://localhost${url}`;
  return URL.canParse(address) ? new URL(address) : null;
}
