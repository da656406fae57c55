import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import next from "next";
import { findProjectRoot } from "#server/database/find-project-root.ts";
import { isDevelopment } from "#server/env.ts";
import { createBuildFiles } from "./build-files.ts";
import { createPrefetchLink } from "./page-scripts.ts";
import { readRequestUrl } from "./read-request-url.ts";
import { createReadingPages } from "./reading-pages.ts";
import { readStyles } from "./read-styles.ts";

/** Pages of a session and of a share, which people wait for to read something. */
const READING_PAGE = /^\/(?:sessions|share)\/[^/]+$/;

/** Next.js, which renders everything that is not API. */
export interface Pages {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** True when the upgrade is for the development tools, which then own the socket. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): Promise<void>;
}

export async function openPages({
  hostname,
  port,
}: {
  hostname: string;
  port: number;
}): Promise<Pages> {
  const dev = isDevelopment();
  const projectRoot = findProjectRoot();
  // Next.js listens for upgrades on the server that it is given and ends sockets that it does not know: this one
  // never gets any but those that we pass on.
  const decoy = createServer();
  const app = next({ dev, hostname, port, dir: projectRoot, httpServer: decoy });
  await app.prepare();
  const handle = app.getRequestHandler();
  const prefetchLinkFor = dev ? () => null : await createPrefetchLink(projectRoot);
  const readingPages = createReadingPages(handle, dev ? new Map() : await readStyles(projectRoot));
  const answerBuildFile = dev ? async () => false : await createBuildFiles(projectRoot);
  return {
    async handle(request, response) {
      const pathname = readRequestUrl(request)?.pathname ?? "";
      if (await answerBuildFile({ request, response, pathname })) return;
      const link = prefetchLinkFor(pathname);
      if (link !== null) response.appendHeader("link", link);
      if (dev || !isReadingPage(request, pathname)) return handle(request, response);
      return readingPages.handle(request, response);
    },
    handleUpgrade(request, socket, head) {
      if (!dev || !request.url?.startsWith("/_next/")) return false;
      decoy.emit("upgrade", request, socket, head);
      return true;
    },
    close: () => app.close(),
  };
}

/** As a browser opens it; going there from another page brings data, and no scripts of its own. */
function isReadingPage({ method, headers }: IncomingMessage, pathname: string): boolean {
  return method === "GET" && headers["rsc"] === undefined && READING_PAGE.test(pathname);
}
