import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { httpStatusByCode, toAppError } from "#lib/errors.ts";
import { log } from "#server/log.ts";
import type { LiveHub } from "../hub.ts";
import type { LiveAccess } from "../live-access.ts";
import { createLiveSockets } from "../live-socket.ts";

export interface LiveServerOptions extends Partial<LiveAccess<string>> {
  hub: LiveHub;
  pingMs?: number;
  recheckMs?: number;
  /** Answers upgrades as a proxy that knows nothing of WebSockets. */
  blocksSockets?: () => boolean;
}

export const ORIGIN = "http://app.test";

/** The two live endpoints on a port of their own, for anybody who comes from `ORIGIN`. */
export async function startLiveServer(options: LiveServerOptions) {
  const { hub, pingMs, recheckMs, blocksSockets = () => false } = options;
  const access: LiveAccess<string> = {
    authenticate: async () => "viewer",
    authorize: async () => "ok",
    findEnded: async () => new Set(),
    isAllowedOrigin: (origin) => origin === ORIGIN,
    ...options,
  };
  const sockets = createLiveSockets({ ...access, hub, log, pingMs, recheckMs });
  const server = createServer((request, response) => {
    const sessionId = /sessions\/(\w+)\/events/.exec(request.url ?? "")?.[1] ?? "";
    sockets.answerEvents(request, response, `session:${sessionId}`).catch((error: unknown) => {
      response.writeHead(httpStatusByCode[toAppError(error).code]).end();
    });
  });
  server.on("upgrade", (request, socket, head) => {
    if (blocksSockets()) return socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    sockets.handleUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/api/v1/live`,
    eventsUrl: (sessionId: string) =>
      `http://127.0.0.1:${port}/api/v1/sessions/${sessionId}/events`,
    sockets,
    async stop() {
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
