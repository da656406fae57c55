import { ServerResponse, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { chooseCompression, gzip as gzipCoding } from "./compress-response.ts";

const compress = promisify(gzip);

export interface RewriteOptions {
  rewrite(html: string): string;
  /** What is told of a page that goes out early, beside what is on the response already. */
  headers(): OutgoingHttpHeaders;
}

export interface HeldPage {
  /** To be written to instead of the response itself. */
  held: ServerResponse;
  /** Sends the head, as that of a page with status 200. */
  sendHead(): void;
}

/**
 * Holds what is written until its end, and then sends what `rewrite` makes of it, compressed where the reader takes
 * that. For pages of bounded size that come in one piece anyway. Whoever writes does not compress, because the request
 * no longer says that it may. A page that is destroyed before its end sends nothing, or breaks off behind its head.
 */
export function rewritePage(
  request: IncomingMessage,
  response: ServerResponse,
  { rewrite, headers }: RewriteOptions,
): HeldPage {
  const coding = chooseCompression(request.headers["accept-encoding"], [gzipCoding]);
  delete request.headers["accept-encoding"];
  const held = new ServerResponse(request);
  const chunks = holdWriting(held);
  const writeHead = (known: OutgoingHttpHeaders) => {
    setHeaders(response, known);
    response.appendHeader("vary", "accept-encoding");
    if (coding) response.setHeader("content-encoding", coding.encoding);
  };
  const send = async () => {
    const isHtml = String(held.getHeader("content-type")).startsWith("text/html");
    const written = Buffer.concat(chunks);
    const page = isHtml ? Buffer.from(rewrite(written.toString())) : written;
    const body = coding ? await compress(page) : page;
    if (!response.headersSent) {
      response.statusCode = held.statusCode;
      writeHead(held.getHeaders());
      response.setHeader("content-length", body.byteLength);
    }
    response.end(body);
  };
  setHeaders(held, response.getHeaders());
  held.end = ((chunk?: unknown) => {
    keep(chunks, chunk);
    send().catch((error: unknown) => response.destroy(error as Error));
    return held;
  }) as ServerResponse["end"];
  held.destroy = (error) => {
    response.destroy(error);
    return held;
  };
  response.once("finish", () => held.emit("finish"));
  response.once("close", () => response.writableFinished || held.emit("close"));
  return {
    held,
    sendHead() {
      if (response.headersSent || response.destroyed) return;
      const unsaid = Object.entries(headers()).filter(([name]) => !response.hasHeader(name));
      writeHead(Object.fromEntries(unsaid));
      response.flushHeaders();
    },
  };
}

/** What is written to it comes into the list that is answered. */
function holdWriting(held: ServerResponse): Buffer[] {
  const chunks: Buffer[] = [];
  held.flushHeaders = () => {};
  held.writeHead = (status: number, ...rest: unknown[]) => {
    held.statusCode = status;
    const headers = rest.at(-1);
    if (typeof headers === "object") setHeaders(held, (headers ?? {}) as OutgoingHttpHeaders);
    return held;
  };
  held.write = (chunk: unknown) => {
    keep(chunks, chunk);
    return true;
  };
  return chunks;
}

function keep(chunks: Buffer[], chunk: unknown): void {
  if (typeof chunk === "string") chunks.push(Buffer.from(chunk));
  else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
}

function setHeaders(response: ServerResponse, headers: OutgoingHttpHeaders): void {
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) response.setHeader(name, value);
}
