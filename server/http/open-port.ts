import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type Environment, EnvironmentError } from "#server/env.ts";
import { answerBrokenFraming } from "./answer-broken-framing.ts";
import { sendProblem } from "./error-response.ts";
import { handleHealth } from "./health-routes.ts";
import { limitSilence, SILENCE_MS } from "./limit-silence.ts";
import { readRequestUrl } from "./read-request-url.ts";

/** How long requests that run get when the port is closed. */
const CLOSE_GRACE_MS = 2_000;

/** Who answers. Neither may throw. */
export interface Listeners {
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Owns the socket, whose errors are looked after already: they destroy it. */
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** A port that this process listens on, before it has anything to say there. */
export interface OpenPort {
  port: number;
  /** From now on these answer. Whoever came before was asked to come back. */
  serve(listeners: Listeners): void;
  /** Takes no more connections; resolves when all requests are answered, or cut after 2 s. Safe to call again. */
  close(): Promise<void>;
}

/** Listens on `HOST:PORT`. Throws `EnvironmentError` when the port is not to be had. */
export async function openPort(
  { HOST, PORT }: Pick<Environment, "HOST" | "PORT">,
  { silenceMs = SILENCE_MS }: { silenceMs?: number } = {},
): Promise<OpenPort> {
  const server = createServer();
  server.requestTimeout = 0;
  let listeners = startingListeners;
  const upgraded = new Set<Duplex>();

  answerBrokenFraming(server);
  server.on("request", (request, response) => {
    limitSilence(request, { response, silenceMs });
    listeners.onRequest(request, response);
  });
  server.on("upgrade", (request, socket, head) => {
    // An upgraded socket has nobody who listens, and an error that nobody hears ends the process.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => upgraded.delete(socket));
    upgraded.add(socket);
    listeners.onUpgrade(request, socket, head);
  });
  await listen(server, { HOST, PORT });

  return {
    port: (server.address() as AddressInfo).port,
    serve(next) {
      listeners = next;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      // Browsers keep connections open that they have not used yet: those are not idle, and would never end.
      const cut = setTimeout(() => {
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }, CLOSE_GRACE_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}

const startingListeners: Listeners = {
  onRequest(request, response) {
    const pathname = readRequestUrl(request)?.pathname ?? "";
    void handleHealth(async () => false, { pathname, response }).then((isAnswered) => {
      if (isAnswered) return;
      sendProblem(response, {
        code: "unavailable",
        message: "The server is starting",
        headers: { "retry-after": "1" },
      });
    });
  },
  onUpgrade: (_, socket) => void socket.destroy(),
};

function listen(server: Server, { HOST, PORT }: Pick<Environment, "HOST" | "PORT">): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const reason = reasons[error.code ?? ""];
      reject(reason ? new EnvironmentError(`PORT: ${PORT} ${reason}`, { cause: error }) : error);
    };
    server.once("error", refuse);
    server.listen({ host: HOST, port: PORT }, () => {
      server.off("error", refuse);
      resolve();
    });
  });
}

const reasons: Record<string, string | undefined> = {
  EADDRINUSE: "is in use by another process; end that one or set PORT to another port",
  EACCES: "may not be used by this account; set PORT to 1024 or above",
};
