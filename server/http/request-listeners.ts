import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError } from "#lib/errors.ts";
import { isDevelopment } from "#server/env.ts";
import { handleApi, LIVE_PATH } from "./api-handler.ts";
import type { ApiParts } from "./api-route.ts";
import { sendError } from "./error-response.ts";
import { handleHealth, isReady } from "./health-routes.ts";
import type { Listeners } from "./open-port.ts";
import type { Pages } from "./pages.ts";
import { readRequestUrl } from "./read-request-url.ts";
import type { RequestGuard } from "./request-guard.ts";
import { setDataHeaders, setPageHeaders } from "./security-headers.ts";
import { prepareSharePage } from "./share-page.ts";
import { handleSignIn } from "./sign-in-route.ts";
import { handleSignOut } from "./sign-out-route.ts";

export interface ListenerParts extends ApiParts {
  pages: Pick<Pages, "handle" | "handleUpgrade">;
}

/** Says who answers what: health, then API, then signing in and out, then pages. Every failure becomes an answer. */
export function createRequestListeners(parts: ListenerParts): Listeners {
  const { services, guard, sockets, pages } = parts;
  return {
    onRequest(request, response) {
      answer(parts, request, response).catch((error: unknown) => {
        sendError(response, error, services.log);
      });
    },
    onUpgrade(request, socket, head) {
      const url = readRequestUrl(request);
      if (url === null) return refuseUpgrade(socket, "400 Bad Request");
      if (!isOurHost(guard, request)) return refuseUpgrade(socket, "403 Forbidden");
      if (url.pathname === LIVE_PATH) return sockets.handleUpgrade(request, socket, head);
      if (!pages.handleUpgrade(request, socket, head)) refuseUpgrade(socket, "404 Not Found");
    },
  };
}

async function answer(
  { pages, ...parts }: ListenerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { services, guard } = parts;
  const url = readRequestUrl(request);
  if (url === null) throw new AppError("invalid_input", "The address is malformed");
  const { pathname } = url;
  if (await handleHealth(() => isReady(services), { pathname, response })) return;
  guard.requireHost(request);
  guard.requireSameOrigin(request);
  if (pathname === "/api" || pathname.startsWith("/api/")) {
    setDataHeaders(response);
    return handleApi(parts, { request, response, pathname });
  }
  if (await prepareSharePage(services, { request, response, pathname }))
    return pages.handle(request, response);
  setPageHeaders(request, response, { isDevelopment: isDevelopment() });
  if (await handleSignIn(services, { request, response, url })) return;
  if (await handleSignOut(services, { request, response, url })) return;
  await pages.handle(request, response);
}

function isOurHost(guard: RequestGuard, request: IncomingMessage): boolean {
  try {
    guard.requireHost(request);
    return true;
  } catch {
    return false;
  }
}

/** Gone once it is told: whoever keeps a refused socket open would keep the server from ending. */
function refuseUpgrade(socket: Duplex, status: string): void {
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(head, () => socket.destroy());
}
