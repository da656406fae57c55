import type { IncomingMessage, ServerResponse } from "node:http";
import type { LiveSockets } from "#server/live/live-socket.ts";
import type { Services } from "#server/services.ts";
import type { RequestGuard } from "./request-guard.ts";

export interface ApiParts {
  services: Services;
  guard: RequestGuard;
  sockets: Pick<LiveSockets, "handleUpgrade" | "answerEvents" | "cutAllSockets">;
}

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  pathname: string;
}

/** `id` is the first group of the route's path. */
export type RouteHandler = (
  parts: ApiParts,
  exchange: Exchange,
  id: string,
) => Promise<void> | void;

/**
 * What is answered at an address; methods that no route of the address names are answered with 405. Routes of one
 * address have the same path.
 */
export interface Route {
  path: RegExp;
  methods: Partial<
    Record<"GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE" | "OPTIONS", RouteHandler>
  >;
}
