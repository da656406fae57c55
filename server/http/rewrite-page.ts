import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { chooseCompression, gzip as gzipCoding } from "./compress-response.ts";

const compress = promisify(gzip);

/**
 * Holds what is written to a response until it ends, and then sends what `rewrite` makes of it, compressed where the
 * reader takes that. For pages of bounded size that come in one piece anyway. Whoever writes does not compress, because
 * the request no longer says that it may. A response that is destroyed before its end sends nothing.
 */
export function rewritePage(
  request: IncomingMessage,
  response: ServerResponse,
  rewrite: (html: string) => string,
): void {
  const coding = chooseCompression(request.headers["accept-encoding"], [gzipCoding]);
  delete request.headers["accept-encoding"];
  const { writeHead, end } = response;
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === "string") chunks.push(Buffer.from(chunk));
    else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const send = async () => {
    const isHtml = String(response.getHeader("content-type")).startsWith("text/html");
    const written = Buffer.concat(chunks);
    const page = isHtml ? Buffer.from(rewrite(written.toString())) : written;
    const body = coding ? await compress(page) : page;
    response.appendHeader("vary", "accept-encoding");
    if (coding) response.setHeader("content-encoding", coding.encoding);
    response.setHeader("content-length", body.byteLength);
    response.writeHead = writeHead;
    end.call(response, body, "utf8");
  };
  response.flushHeaders = () => {};
  response.writeHead = (status: number, ...rest: unknown[]) => {
    response.statusCode = status;
    const headers = rest.at(-1);
    if (typeof headers === "object") response.setHeaders(new Map(Object.entries(headers ?? {})));
    return response;
  };
  response.write = (chunk: unknown) => {
    keep(chunk);
    return true;
  };
  response.end = ((chunk?: unknown) => {
    keep(chunk);
    send().catch((error: unknown) => response.destroy(error as Error));
    return response;
  }) as ServerResponse["end"];
}
