import { isAddress, isPublicAddress } from "#lib/public-address.ts";
import { isAllowedHost } from "#lib/repository.ts";

const WEB_PORTS: ReadonlySet<number> = new Set([80, 443]);

/** Where a session's processes may connect to; everything else is refused. */
export interface EgressPolicy {
  /** `name` on the ports 80 and 443, `*.name` for all names below it, `name:port` for another port. */
  allowedHosts: readonly string[];
  /** `host` or `host:port` that may lead to private and loopback addresses. */
  allowedPrivateHosts: readonly string[];
  /** Addresses of our own server, `http://host:port/path`, that are allowed with everything below their path. */
  ownRoutes: readonly string[];
}

/** What a client of the proxy asks for. */
export interface EgressTarget {
  hostname: string;
  port: number;
  /** The whole address of a plain request; null for a tunnel, which may carry anything. */
  url: URL | null;
}

/**
 * `pinned`: the addresses of the name must be public, and the connection goes to those that were looked at.
 * `private`: it may lead anywhere. Null: refused.
 */
export type EgressDecision = "pinned" | "private" | null;

export function decideEgress(policy: EgressPolicy, target: EgressTarget): EgressDecision {
  if (target.url !== null && isOwnRoute(policy.ownRoutes, target.url)) return "private";
  const { hostname, port } = target;
  const origin = `http://${hostname}:${port}`;
  if (!URL.canParse(origin)) return null;
  if (isAllowedHost(new URL(origin), policy.allowedPrivateHosts)) return "private";
  if (!policy.allowedHosts.some((entry) => matchesHost(entry, target))) return null;
  if (isAddress(hostname) && !isPublicAddress(hostname)) return null;
  return "pinned";
}

function matchesHost(entry: string, { hostname, port }: EgressTarget): boolean {
  const [, name = "", ownPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  const isPort = ownPort === undefined ? WEB_PORTS.has(port) : Number(ownPort) === port;
  const wanted = hostname.toLowerCase().replace(/\.$/, "");
  const isName = name.startsWith("*.") ? wanted.endsWith(name.slice(1)) : wanted === name;
  return isPort && isName;
}

function isOwnRoute(routes: readonly string[], url: URL): boolean {
  return routes.some((route) => {
    const allowed = new URL(route);
    const isBelow =
      url.pathname === allowed.pathname || url.pathname.startsWith(`${allowed.pathname}/`);
    return url.origin === allowed.origin && isBelow;
  });
}
