import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { AppError } from "#lib/errors.ts";
import { findViewer } from "#server/accounts/viewer.ts";
import { answerLiveEvents } from "#server/live/live-events-route.ts";
import type { LiveSockets } from "#server/live/live-socket.ts";
import { appRouter } from "#server/routers/app-router.ts";
import type { Services } from "#server/services.ts";
import { handleItemBody, ITEM_BODY_PATH } from "./item-body-route.ts";
import { createLiveAccess } from "./live-access.ts";
import type { RequestGuard } from "./request-guard.ts";

/** Where live sockets are opened. */
export const LIVE_PATH = "/api/v1/live";

const LIVE_EVENTS_PATH = /^\/api\/v1\/sessions\/([^/]+)\/events$/;
const TRPC_PREFIX = "/api/trpc/";
const TRPC_BODY_MAX_BYTES = 2 * 1024 * 1024;

export interface ApiParts {
  services: Services;
  guard: RequestGuard;
  sockets: LiveSockets;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  pathname: string;
}

/** Everything below `/api`: answered here, before Next.js sees the request. */
export async function handleApi(parts: ApiParts, exchange: Exchange): Promise<void> {
  const { services, guard, sockets } = parts;
  const { request, response, pathname } = exchange;
  response.setHeader("cache-control", "no-store");
  if (pathname.startsWith(TRPC_PREFIX)) return handleTrpc(services, exchange);
  if (request.method === "GET" && ITEM_BODY_PATH.test(pathname)) {
    const viewer = await findViewer(services, request.headers.cookie);
    return handleItemBody(services, { pathname, response, viewer });
  }
  const watchedSession = LIVE_EVENTS_PATH.exec(pathname)?.[1];
  if (request.method === "GET" && watchedSession !== undefined) {
    return answerLiveEvents(request, response, {
      ...createLiveAccess(services, guard),
      hub: services.hub,
      sessionId: watchedSession,
    });
  }
  if (services.environment.TEST_HOOKS && pathname === "/api/test/cut-sockets") {
    sockets.cutAllSockets();
    response.writeHead(204).end();
    return;
  }
  throw new AppError("not_found", "There is nothing at this address");
}

function handleTrpc(services: Services, { request, response, pathname }: Exchange): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  return nodeHTTPRequestHandler({
    router: appRouter,
    req: request,
    res: response,
    path: pathname.slice(TRPC_PREFIX.length),
    maxBodySize: TRPC_BODY_MAX_BYTES,
    createContext: async () => ({
      services,
      viewer: await findViewer(services, request.headers.cookie),
      signal: gone.signal,
    }),
  });
}
