import type { IncomingMessage } from "node:http";
import { AppError } from "#lib/errors.ts";
import { SANDBOX_HOST } from "#lib/sandbox-host.ts";
import type { Environment } from "#server/env.ts";

/** Which addresses this server answers under, and which pages may act on it. */
export interface RequestGuard {
  /** Throws `forbidden` for a `Host` that is not ours: a foreign name that was rebound to this machine. */
  requireHost(request: IncomingMessage): void;
  /** Throws `forbidden` when a page of another origin asks for a change. */
  requireSameOrigin(request: IncomingMessage): void;
  isAllowedOrigin(origin: string | undefined): boolean;
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];
const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Guards a server that listens on `port`. */
export function createRequestGuard(
  { PUBLIC_URL, HOST }: Pick<Environment, "PUBLIC_URL" | "HOST">,
  port: number,
): RequestGuard {
  const names = new Set([...loopbackNames, HOST.includes(":") ? `[${HOST}]` : HOST]);
  const origins = new Set([...names].map((name) => new URL(`http://${name}:${port}`).origin));
  if (PUBLIC_URL) origins.add(new URL(PUBLIC_URL).origin);
  const hosts = new Set([...origins].map((origin) => new URL(origin).host));
  hosts.add(`${SANDBOX_HOST}:${port}`);

  const isAllowedOrigin = (origin: string | undefined) =>
    origin !== undefined && origins.has(origin);

  return {
    isAllowedOrigin,

    requireHost({ headers }) {
      if (headers.host !== undefined && hosts.has(headers.host.toLowerCase())) return;
      throw new AppError("forbidden", "This server does not answer under that name");
    },

    requireSameOrigin({ method = "GET", headers }) {
      if (safeMethods.has(method)) return;
      // Browsers send at least one of the two with every change; clients without either have no cookie jar to abuse.
      const site = headers["sec-fetch-site"];
      const isForeign = site !== undefined && site !== "same-origin" && site !== "none";
      if (isForeign || (headers.origin !== undefined && !isAllowedOrigin(headers.origin))) {
        throw new AppError("forbidden", "Another site may not do this");
      }
    },
  };
}
