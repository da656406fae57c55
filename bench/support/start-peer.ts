// A server to compare with, as a process of its own: `echo` answers the body, `next` runs `session.start` in a Next.js
// route handler. Says its port to the parent.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { readEnvironment } from "#server/env.ts";
import { openServices } from "#server/open-services.ts";
import { provideServices } from "#server/services.ts";

const listeners: Record<string, () => Promise<RequestListener>> = {
  echo: async () => (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => response.end(Buffer.concat(chunks)));
  },

  async next() {
    const { services } = await openServices(readEnvironment(), {
      onLost: () => {},
      draining: new AbortController().signal,
    });
    provideServices(services);
    const { default: next } = await import("next");
    const app = next({ dev: false, dir: join(import.meta.dirname, "../next-peer") });
    await app.prepare();
    const handle = app.getRequestHandler();
    return (request, response) => void handle(request, response);
  },
};

const listener = await listeners[process.argv[2] ?? ""]?.();
const server = createServer(listener);
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
