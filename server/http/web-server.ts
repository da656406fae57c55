import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isDevelopment } from "#server/env.ts";
import { createLiveSockets, type LiveSockets } from "#server/live/live-socket.ts";
import type { Services } from "#server/services.ts";
import { handleApi } from "./api-handler.ts";
import { sendError } from "./error-response.ts";
import { handleHealth, type Readiness } from "./health-routes.ts";
import { createLiveAccess } from "./live-access.ts";
import { openPages, type Pages } from "./pages.ts";
import { createRequestGuard, type RequestGuard } from "./request-guard.ts";
import { setSecurityHeaders } from "./security-headers.ts";
import { handleSignIn } from "./sign-in-route.ts";

const LIVE_PATH = "/api/v1/live";

/** A client that stops in the middle of a body is gone after this. Slow is fine: a whole request has no limit. */
const IDLE_TIMEOUT_MS = 60_000;

/** How long requests that run get when the server ends. */
const CLOSE_GRACE_MS = 2_000;

export interface WebServer {
  port: number;
  /** Takes no more connections, ends sockets with a word, and resolves when all requests are answered. */
  close(): Promise<void>;
}

interface Parts {
  services: Services;
  guard: RequestGuard;
  sockets: LiveSockets;
  pages: Pages;
  readiness: Readiness;
}

/** Listens on `HOST:PORT` for pages, API and live sockets. */
export async function startWebServer(services: Services, readiness: Readiness): Promise<WebServer> {
  const { HOST, PORT } = services.environment;
  const server = createServer();
  server.requestTimeout = 0;
  await listen(server, { host: HOST, port: PORT });
  const { port } = server.address() as AddressInfo;

  const guard = createRequestGuard(services.environment, port);
  const sockets = createLiveSockets({
    ...createLiveAccess(services, guard),
    hub: services.hub,
    log: services.log,
  });
  const pages = await openPages({ hostname: HOST, port });
  const parts: Parts = { services, guard, sockets, pages, readiness };

  server.on("request", (request, response) => {
    limitSilence(request);
    answer(parts, request, response).catch((error: unknown) => {
      sendError(response, error, services.log);
    });
  });
  server.on("upgrade", (request, socket, head) => {
    try {
      guard.requireHost(request);
    } catch {
      return void socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
    }
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === LIVE_PATH) return sockets.handleUpgrade(request, socket, head);
    if (pages.handleUpgrade(request, socket, head)) return;
    socket.destroy();
  });

  return {
    port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      services.hub.close();
      sockets.close();
      server.closeIdleConnections();
      // Browsers keep connections open that they have not used yet: those are not idle, and would never end.
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(cut);
      await pages.close();
    },
  };
}

function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function limitSilence(request: IncomingMessage): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  request.setTimeout(IDLE_TIMEOUT_MS, () => request.destroy());
  request.once("end", () => request.setTimeout(0));
}

async function answer(
  { services, guard, sockets, pages, readiness }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (await handleHealth(services.database, readiness, { pathname, response })) return;
  guard.requireHost(request);
  guard.requireSameOrigin(request);
  setSecurityHeaders(request, response, { isDevelopment: isDevelopment() });
  if (pathname.startsWith("/api/")) {
    return handleApi({ services, guard, sockets }, { request, response, pathname });
  }
  if (await handleSignIn(services, request, response)) return;
  await pages.handle(request, response);
}
