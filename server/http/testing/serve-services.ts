import { localOwner } from "#server/accounts/local-owner.ts";
import { loginCookie } from "#server/accounts/login-cookie.ts";
import { createSignInLink, redeemSignInLink } from "#server/accounts/sign-in.ts";
import { createLiveSockets } from "#server/live/live-socket.ts";
import type { Services } from "#server/services.ts";
import { createLiveAccess } from "../live-access.ts";
import { openPort } from "../open-port.ts";
import { createRequestGuard } from "../request-guard.ts";
import { createRequestListeners } from "../request-listeners.ts";

export interface ServedServices {
  port: number;
  /** `http://127.0.0.1:…` */
  url: string;
  /** Signs in the local owner. */
  cookie: string;
  close(): Promise<void>;
}

/** Answers requests as a server does, but for the pages of Next.js: each is the text `a page`. */
export async function serveServices(services: Services): Promise<ServedServices> {
  const web = await openPort({ HOST: "127.0.0.1", PORT: 0 });
  const guard = createRequestGuard(services.environment, web.port);
  const access = createLiveAccess(services, guard);
  const sockets = createLiveSockets({ ...access, hub: services.hub, log: services.log });
  const pages = {
    handle: async (_: unknown, response: { end(text: string): unknown }) =>
      void response.end("a page"),
    handleUpgrade: () => false,
  };
  web.serve(createRequestListeners({ services, guard, sockets, pages }));
  const link = await createSignInLink(services.database, localOwner.userId);
  const login = await redeemSignInLink(services.database, link);
  return {
    port: web.port,
    url: `http://127.0.0.1:${web.port}`,
    cookie: loginCookie(login ?? "", { secure: false }).split(";", 1)[0] ?? "",
    close: () => web.close(),
  };
}
