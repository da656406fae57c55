import type { IncomingMessage } from "node:http";
import { AppError } from "#lib/errors.ts";

/**
 * The whole body of a request. Throws `too_large` from the first byte over `maxBytes` on, and as soon as the announced
 * length is; `unavailable` when the connection ends before the body does.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let byteLength = 0;
    const refuse = () => {
      request.off("data", take).resume();
      reject(new AppError("too_large", `The request is larger than ${maxBytes} bytes`));
    };
    const take = (chunk: Buffer) => {
      byteLength += chunk.byteLength;
      if (byteLength > maxBytes) return refuse();
      chunks.push(chunk);
    };
    const fail = (cause?: unknown) =>
      reject(new AppError("unavailable", "The connection ended within the request", { cause }));
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return refuse();
    request.on("data", take);
    request.once("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.once("error", fail);
    request.once("close", fail);
  });
}
