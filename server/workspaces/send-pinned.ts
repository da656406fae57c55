import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { pipeline, Readable } from "node:stream";
import { AppError } from "#lib/errors.ts";
import type { CheckedAddress } from "./check-repository-address.ts";

const REQUEST_TIMEOUT_MS = 15_000;

interface PinnedRequest {
  method?: "GET" | "POST" | "PUT";
  headers: Record<string, string>;
  body?: string | Readable;
  /** How long nothing may move; without it, request and answer have 15 seconds together. */
  idleMs?: number;
  signal: AbortSignal;
}

/**
 * Asks a server that was checked, at the addresses that it was checked at, and follows no redirects. Who calls reads or
 * destroys the answer. A success before a streamed body has been sent is none until it has: its length is told in
 * `content-length`, as a server that has all of it may close the connection before the body's end is known here. Throws
 * `unavailable` with the reason `network` when no answer comes.
 */
export async function sendPinned(
  url: URL,
  { addresses }: Pick<CheckedAddress, "addresses">,
  { method = "GET", headers, body, idleMs, signal }: PinnedRequest,
): Promise<IncomingMessage> {
  const lookup: LookupFunction = (_hostname, { all }, callback) => {
    const list = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    if (all) callback(null, list);
    else callback(null, list[0]?.address ?? "", list[0]?.family);
  };
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const over =
    idleMs === undefined
      ? AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
      : signal;
  const options = { method, lookup, headers, signal: over, agent: false };
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      let isSent = !(body instanceof Readable);
      let early: IncomingMessage | null = null;
      const request = send(url, options, (response) => {
        if (isSent || (response.statusCode ?? 0) >= 300) resolve(response);
        else early = response;
      }).on("error", reject);
      if (idleMs !== undefined)
        request.setTimeout(idleMs, () => request.destroy(new Error("The connection is silent")));
      if (!(body instanceof Readable)) return void request.end(body);
      let leftBytes = Number(headers["content-length"]);
      body.on("data", (chunk: Uint8Array) => (leftBytes -= chunk.byteLength));
      pipeline(body, request, (error) => {
        isSent = true;
        if (early && (!error || leftBytes === 0)) resolve(early);
        else if (error) reject(error);
      });
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError("unavailable", "The git server could not be reached, or broke off", {
      details: { reason: "network" },
      cause,
    });
  }
}
