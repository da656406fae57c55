import { type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { describeProblem } from "./error-response.ts";
import { isReadAsUpload } from "./read-upload-body.ts";

/** Time for an answer to arrive before the connection goes: what still comes is not read. */
const LINGER_MS = 1_000;

/** What Node's parser found, and the status for it where that is not 400. */
const statusByFault: Record<string, number | undefined> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

type Fault = NodeJS.ErrnoException & { reason?: unknown };

/**
 * Answers what is not HTTP with problem details, then closes: where the next request would begin nobody knows. Requests
 * that came whole before it get their answers first; what comes meanwhile is thrown away, and the last of them tells
 * that the connection closes, instead of the problem, where its answer has not begun. A request whose answer has begun
 * while its own body breaks is cut, as nothing may be written into the middle of that.
 */
export function answerBrokenFraming(server: Server): void {
  const open = new WeakMap<Duplex, Set<ServerResponse>>();
  const refused = new WeakSet<Duplex>();
  server.on("request", ({ socket }, response) => {
    const responses = open.get(socket) ?? new Set();
    open.set(socket, responses.add(response));
    response.once("close", () => responses.delete(response));
  });
  server.on("clientError", (error: Fault, socket) => {
    // The parser says it again for every piece that still comes.
    if (refused.has(socket)) return;
    refused.add(socket);
    if (!socket.writable) return void socket.destroy();
    refuseInTurn(error, socket, open.get(socket) ?? new Set());
  });
}

function refuseInTurn(error: Fault, socket: Duplex, responses: Set<ServerResponse>): void {
  const [response, next] = responses;
  if (response?.req.complete !== true) {
    if (response && error.code === "HPE_INVALID_EOF_STATE") waitForAnswer(error, socket, response);
    else refuse(error, socket, response);
    return;
  }
  if (!next && !response.headersSent) response.shouldKeepAlive = false;
  response.once("close", () => {
    if (socket.writable) refuseInTurn(error, socket, responses);
  });
}

/** The body ends too early: whoever receives uploads says how far it came, everybody else waits for the rest. */
function waitForAnswer(error: Fault, socket: Duplex, response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = false;
  const turn = setTimeout(() => {
    if (!isReadAsUpload(response.req)) refuse(error, socket, response);
  }, LINGER_MS);
  response.once("close", () => clearTimeout(turn));
}

function refuse(error: Fault, socket: Duplex, response: ServerResponse | undefined): void {
  if (response?.headersSent) return void socket.destroy();
  socket.end(describeRefusal(error));
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(cut));
}

function describeRefusal({ code = "", reason }: Fault) {
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
