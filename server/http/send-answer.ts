import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** How long what still comes of a request is read after its answer. */
const LINGER_MS = 1_000;

interface Answer {
  status: number;
  /** Beside those that were set on the response. */
  headers?: OutgoingHttpHeaders;
  /** Empty for an answer without a body. */
  content?: string;
}

/**
 * Sends a whole answer. One that comes in the middle of its request's body closes the connection, but only after what
 * still comes was read and thrown away for up to a second: closing on unread bytes resets the connection, and a reset
 * takes the answer from a sender that has not read it yet (RFC 9112, section 9.6).
 */
export function sendAnswer(
  response: ServerResponse,
  { status, headers = {}, content = "" }: Answer,
): void {
  const length = status === 204 ? {} : { "content-length": Buffer.byteLength(content) };
  if (!response.req.complete) response.shouldKeepAlive = false;
  response.writeHead(status, { ...headers, ...length });
  if (response.req.complete) return void response.end(content);
  // With its length told, it is whole for its reader before it ends here.
  if (content === "") response.flushHeaders();
  else response.write(content);
  endAfterRequest(response);
}

function endAfterRequest(response: ServerResponse): void {
  const { req } = response;
  const end = () => {
    clearTimeout(cut);
    req.off("end", end).off("close", end);
    response.end();
  };
  const cut = setTimeout(end, LINGER_MS);
  req.on("end", end).on("close", end);
  if (req.readableEnded || req.destroyed || req.socket.readableEnded) return end();
  // Whoever still waits for a piece would keep it from flowing; the end is told to them, too.
  req.removeAllListeners("readable").resume();
}
