import { type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { describeProblem } from "./error-response.ts";

/** Time for an answer to arrive before the connection goes: what still comes is not read. */
const LINGER_MS = 1_000;

/** What Node's parser found, and the status for it where that is not 400. */
const statusByFault: Record<string, number | undefined> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Answers what is not HTTP with problem details, then closes: where the next request would begin nobody knows. A
 * connection whose answer has begun is cut, as nothing may be written into the middle of that.
 */
export function answerBrokenFraming(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  const refused = new WeakSet<Duplex>();
  server.on("request", ({ socket }, response) => answering.set(socket, response));
  server.on("clientError", (error: NodeJS.ErrnoException & { reason?: unknown }, socket) => {
    // The parser says it again for every piece that still comes.
    if (refused.has(socket)) return;
    refused.add(socket);
    const response = answering.get(socket);
    const hasBegun = response?.headersSent === true && !response.writableFinished;
    if (!socket.writable || hasBegun) return void socket.destroy();
    socket.end(describeRefusal(error));
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("close", () => clearTimeout(cut));
  });
}

function describeRefusal({ code = "", reason }: NodeJS.ErrnoException & { reason?: unknown }) {
  const status = statusByFault[code] ?? 400;
  const words = typeof reason === "string" && reason !== "" ? `: ${reason}` : "";
  const body = describeProblem({
    code: status === 413 ? "too_large" : "invalid_input",
    status,
    message: status === 408 ? "The request did not come in time" : `This is not HTTP${words}`,
    details: { fault: code },
  });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
