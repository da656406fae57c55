import type { IncomingMessage } from "node:http";
import type { Environment } from "#server/env.ts";

/**
 * Where whoever asks reaches this server, without a slash at the end, for addresses that go elsewhere. A `Host` that is
 * not ours was refused before.
 */
export const requestOrigin = (
  { PUBLIC_URL }: Pick<Environment, "PUBLIC_URL">,
  { headers }: Pick<IncomingMessage, "headers">,
): string => PUBLIC_URL?.replace(/\/$/, "") ?? `http://${headers.host ?? "localhost"}`;
