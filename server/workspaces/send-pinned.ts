import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { AppError } from "#lib/errors.ts";
import type { CheckedAddress } from "./check-repository-address.ts";

const REQUEST_TIMEOUT_MS = 15_000;

interface PinnedRequest {
  method?: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
}

/**
 * Asks a server that was checked, at the addresses that it was checked at, and follows no redirects. Who calls reads or
 * destroys the answer. Throws `unavailable` with the reason `network` when none comes.
 */
export async function sendPinned(
  url: URL,
  { addresses }: Pick<CheckedAddress, "addresses">,
  { method = "GET", headers, body, signal }: PinnedRequest,
): Promise<IncomingMessage> {
  const lookup: LookupFunction = (_hostname, { all }, callback) => {
    const list = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    if (all) callback(null, list);
    else callback(null, list[0]?.address ?? "", list[0]?.family);
  };
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const over = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
  const options = { method, lookup, headers, signal: over, agent: false };
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send(url, options, resolve);
      request.on("error", reject).end(body);
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError("unavailable", "The git server could not be reached, or broke off", {
      details: { reason: "network" },
      cause,
    });
  }
}
