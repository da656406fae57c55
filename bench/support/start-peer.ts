// A server to compare with, as a process of its own: `echo` answers the body, `forward` and `hash` keep it in a
// file, `next` runs `session.start` in a Next.js route handler. Says its port to the parent.
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readEnvironment } from "#server/env.ts";
import { openServices } from "#server/open-services.ts";
import { provideServices } from "#server/services.ts";

const listeners: Record<string, () => Promise<RequestListener>> = {
  echo: async () => (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => response.end(Buffer.concat(chunks)));
  },

  forward: async () => keepBody(false),
  hash: async () => keepBody(true),

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

/** Writes each body to a file and flushes it to disk before answering; with its SHA-256 where asked. */
function keepBody(isHashed: boolean): RequestListener {
  let count = 0;
  const folder = process.env["DATA_DIR"] ?? "";
  const keep = async (request: IncomingMessage, response: ServerResponse) => {
    count += 1;
    const path = join(folder, `body-${count}`);
    await mkdir(folder, { recursive: true });
    const hash = createHash("sha256");
    const hashed = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    };
    const sink = createWriteStream(path, { flush: true, highWaterMark: 1024 * 1024 });
    if (isHashed) await pipeline(request, hashed, sink);
    else await pipeline(request, sink);
    await rm(path);
    response.end(hash.digest("hex"));
  };
  return (request, response) => void keep(request, response);
}

const listener = await listeners[process.argv[2] ?? ""]?.();
const server = createServer(listener);
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
