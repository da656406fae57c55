import { createLiveSockets } from "#server/live/live-socket.ts";
import type { Services } from "#server/services.ts";
import { createLiveAccess } from "./live-access.ts";
import type { OpenPort } from "./open-port.ts";
import { openPages } from "./pages.ts";
import { createRequestGuard } from "./request-guard.ts";
import { createRequestListeners } from "./request-listeners.ts";

export interface WebServer {
  /** Ends sockets with a word, closes the port, and resolves when all requests are answered. */
  close(): Promise<void>;
}

/** Serves pages, API and live sockets on a port that is open. */
export async function startWebServer(services: Services, openPort: OpenPort): Promise<WebServer> {
  const { port } = openPort;
  const guard = createRequestGuard(services.environment, port);
  const sockets = createLiveSockets({
    ...createLiveAccess(services, guard),
    hub: services.hub,
    log: services.log,
  });
  const pages = await openPages({ hostname: services.environment.HOST, port });
  openPort.serve(createRequestListeners({ services, guard, sockets, pages }));

  return {
    async close() {
      services.hub.close();
      sockets.close();
      await openPort.close();
      await pages.close();
    },
  };
}
